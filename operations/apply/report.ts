/** Tells clients how far a step is. */
import type { ApplyRun } from './apply-run.ts'
import { type Job, stepOf } from './jobs.ts'

export function report(run: ApplyRun, job: Job, stepKey: string, message: string): void {
  const { step, state } = stepOf(job, stepKey)
  run.context.progress.report({
    changeId: job.changeId,
    table: job.change.table,
    row: job.change.naturalName || String(job.change.rowId),
    action: step.kind === 'companion' ? 'delete' : step.kind,
    state,
    message,
  })
}
