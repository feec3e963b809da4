/** Finds out what became of a call that nobody answered: by id, by token, by name; never by calling again blindly. */
import { type ApplyRun, attempt, refusedEvent, type StepEvent } from './apply-run.ts'
import { mapperOf } from './cloud-reader.ts'
import { findMade } from './find-made.ts'
import { type Job, stepOf } from './jobs.ts'
import { isTooEarly, unknown, untilArrived, untilProved } from './proof.ts'
import { report } from './report.ts'
import { settleUnmarked } from './settle-unmarked.ts'
import { takeMade } from './take-made.ts'
import { continueWrite } from './write-steps.ts'

export async function settleStep(run: ApplyRun, job: Job, stepKey: string): Promise<StepEvent> {
  const { step, cloudId } = stepOf(job, stepKey)
  if (step.kind !== 'create') {
    await untilArrived(run, job)
    return { kind: 'absent', step: stepKey }
  }
  if (cloudId) return await continueWrite(run, job, stepKey, cloudId)
  report(run, job, stepKey, 'looking up what became of a call that nobody answered')
  const mapper = mapperOf(job.type)
  if (mapper.unmarked) return await settleUnmarked(run, job, stepKey)
  const look = () => attempt(run, () => findMade(mapper, job, run.reader.api(job.type, step)))
  let found = await look()
  if ('result' in found && found.result === undefined && isTooEarly(run, job)) {
    await untilProved(run, job)
    if (isTooEarly(run, job)) return refusedEvent(run, stepKey, unknown('it may still be made'))
    found = await look()
  }
  if ('refused' in found) return refusedEvent(run, stepKey, unknown(found.refused.message, found.refused))
  if (found.result === undefined) {
    job.intent = 'refused'
    return { kind: 'absent', step: stepKey }
  }
  return await takeMade(run, job, stepKey, mapper.idOf(found.result.seen))
}
