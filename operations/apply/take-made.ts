/** What an unanswered create turns out to have made is the row's; what that lacks is sent now. */
import type { CloudId } from '#engine/model/cloud.ts'
import type { ApplyRun, StepEvent } from './apply-run.ts'
import { noteMade } from './finish-write.ts'
import { type Job, noteStep } from './jobs.ts'
import { readable } from './vanished.ts'
import { continueWrite } from './write-steps.ts'

export async function takeMade(run: ApplyRun, job: Job, stepKey: string, id: CloudId): Promise<StepEvent> {
  job.cloudId = id
  noteStep(job, stepKey, { cloudId: id, waiting: { until: readable, again: true } })
  // Whatever becomes of the rest: of a replacement the record is the new one's now, and the old one's end is still to come.
  await noteMade(run, job, stepKey, id)
  return await continueWrite(run, job, stepKey, id)
}
