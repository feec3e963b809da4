/** Writes down what is about to be asked, and only then lets the call be made. */
import type { Row } from '#engine/model/json.ts'
import { type ApplyRun, tokenOf } from './apply-run.ts'
import { type Job, noteStep } from './jobs.ts'
import { report } from './report.ts'

export async function intend(
  run: ApplyRun,
  job: Job,
  stepKey: string,
  want: Row,
  tries: number,
): Promise<void> {
  job.want = want
  job.token = tokenOf(run, job, stepKey)
  noteStep(job, stepKey, { state: 'started', tries })
  await run.ledger.intend(job, { attempt: tries + 1 })
  job.calledMs = run.context.ports.clock.now().getTime()
  report(run, job, stepKey, tries === 0 ? 'started' : 'tried again')
}
