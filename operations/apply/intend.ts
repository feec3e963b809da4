/** Writes down what is about to be asked, and only then lets the call be made. */
import type { Row } from '#engine/model/json.ts'
import { type ApplyRun, tokenOf } from './apply-run.ts'
import { writeSeconds } from './call-times.ts'
import { type Job, noteStep, stepOf } from './jobs.ts'
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
  const { step, cloudId } = stepOf(job, stepKey)
  const isOpening = step.kind === 'create' && cloudId === undefined
  if (isOpening) job.intent = 'open'
  // Taken before the commit, so that the stored deadline is never earlier than this one.
  job.deadlineMs = run.context.ports.clock.now().getTime() + writeSeconds * 1_000
  await run.ledger.intend(job, { attempt: tries + 1, isOpening })
  job.calledMs = run.context.ports.clock.now().getTime()
  if (isOpening && job.siblings) job.firstCalledMs = job.calledMs
  report(run, job, stepKey, tries === 0 ? 'started' : 'tried again')
}
