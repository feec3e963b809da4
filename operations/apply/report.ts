/** Tells clients how far a step is. */
import type { ExecutionContext } from '../execution/execution-context.ts'
import { type Job, stepOf } from './jobs.ts'

interface Reporting {
  readonly context: Pick<ExecutionContext, 'ports' | 'progress'>
}

export function report({ context }: Reporting, job: Job, stepKey: string, message: string): void {
  const { step, state } = stepOf(job, stepKey)
  if (state !== 'skipped') job.startedMs ??= context.ports.clock.now().getTime()
  context.progress.report({
    changeId: job.changeId,
    table: job.change.table,
    row: job.change.naturalName,
    action: step.kind === 'companion' ? 'delete' : step.kind,
    state,
    message,
    sinceMs: job.startedMs,
  })
}
