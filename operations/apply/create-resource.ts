/** The step that makes a resource: called once, or again under the token of the call that nobody answered. */
import type { IasqlError } from '#engine/model/error.ts'
import { type ApplyRun, attempt, refusedEvent, type StepEvent, tokenOf } from './apply-run.ts'
import { attemptWrite, openFor } from './attempt-write.ts'
import { mapperOf } from './cloud-reader.ts'
import { findLossOf } from './find-loss.ts'
import { takeOutcome } from './finish-write.ts'
import { intend } from './intend.ts'
import { type Job, stepOf } from './jobs.ts'
import { findNameTaken } from './name-taken.ts'
import { unknown } from './proof.ts'
import { canRepeat, openRequest, refusedRepeat } from './settle-unmarked.ts'
import { takeMade } from './take-made.ts'
import { resolveWanted } from './wanted.ts'
import { continueWrite, unresolved } from './write-steps.ts'

export async function createResource(
  run: ApplyRun,
  job: Job,
  stepKey: string,
  tries: number,
): Promise<StepEvent> {
  const { step, cloudId } = stepOf(job, stepKey)
  if (cloudId) return await continueWrite(run, job, stepKey, cloudId)
  const repeated = openRequest(job)
  if (repeated && !canRepeat(run, job))
    return refusedEvent(run, stepKey, unknown('its token is valid no longer'))
  const { want, missing } = repeated ? { want: repeated, missing: [] } : resolveWanted(run, job, stepKey)
  if (missing.length > 0) return refusedEvent(run, stepKey, unresolved(missing))
  const obstacle = (await findNameTaken(run, job, stepKey, want)) ?? (await findLossOf(run, job))
  if (obstacle) return refusedEvent(run, stepKey, obstacle)
  // A repeated call is still the first one's: its token and what was there before it stay as they are noted.
  job.siblings = null
  if (mapperOf(job.type).unmarked && !repeated) {
    const siblings = await attempt(run, () => run.reader.siblings(job.type, step))
    if ('refused' in siblings) return refusedEvent(run, stepKey, siblings.refused)
    job.siblings = siblings.result
  }
  const opened = await attempt(run, () => openFor(run, job, want, want))
  if ('refused' in opened) return refusedEvent(run, stepKey, opened.refused)
  await intend(run, job, stepKey, want, tries)
  const token = tokenOf(run, job, stepKey)
  const made = await attemptWrite(run, job, opened.result, (reveal) =>
    run.write(job, step, { kind: 'create', row: reveal(want), token }),
  )
  if ('refused' in made)
    return repeated
      ? refusedRepeat(run, job, stepKey, made.refused)
      : refusedCreate(run, job, stepKey, made.refused)
  if (repeated) return await takeMade(run, job, stepKey, made.result.id)
  return await takeOutcome(run, job, stepKey, made.result)
}

/** Only an answer of the cloud proves that nothing was made. */
function refusedCreate(run: ApplyRun, job: Job, stepKey: string, error: IasqlError): StepEvent {
  if (error.code === 'cloud/unknown-outcome' || error.code === 'system/internal') {
    // Our own call is over: what it asked for takes no longer than a straggler.
    job.deadlineMs = run.context.ports.clock.now().getTime()
  } else {
    job.intent = 'refused'
  }
  return refusedEvent(run, stepKey, error)
}
