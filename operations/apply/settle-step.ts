/** Finds out what became of a call that nobody answered: by id, by token, by name; never by calling again blindly. */
import { IasqlError } from '#engine/model/error.ts'
import { type ApplyRun, attempt, refusedEvent, type StepEvent } from './apply-run.ts'
import { stragglerMs } from './call-times.ts'
import { mapperOf } from './cloud-reader.ts'
import { findMade } from './find-made.ts'
import { noteMade } from './finish-write.ts'
import { type Job, noteStep, stepOf } from './jobs.ts'
import { report } from './report.ts'
import { readable } from './vanished.ts'
import { continueWrite } from './write-steps.ts'

export async function settleStep(run: ApplyRun, job: Job, stepKey: string): Promise<StepEvent> {
  const { step, cloudId } = stepOf(job, stepKey)
  if (step.kind !== 'create') return { kind: 'absent', step: stepKey }
  if (cloudId) return await continueWrite(run, job, stepKey, cloudId)
  report(run, job, stepKey, 'looking up what became of a call that nobody answered')
  const mapper = mapperOf(job.type)
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
  const id = mapper.idOf(found.result)
  job.cloudId = id
  noteStep(job, stepKey, { cloudId: id, waiting: { until: readable, again: true } })
  // Whatever becomes of the rest: of a replacement the record is the new one's now, and the old one's end is still to come.
  await noteMade(run, job, stepKey, id)
  return await continueWrite(run, job, stepKey, id)
}

/** Absence counts only once the call has ended for certain and reads cannot lag any more. */
const provedMs = ({ context: { ports } }: ApplyRun, job: Job): number =>
  job.deadlineMs + ports.cloud.settleMs(job.type.settleMs) + stragglerMs

const isTooEarly = (run: ApplyRun, job: Job): boolean =>
  run.context.ports.clock.now().getTime() < provedMs(run, job)

/** Not longer than the invocation lasts, and not once the user has cancelled: then the intent stays open. */
async function untilProved(run: ApplyRun, job: Job): Promise<void> {
  const { ports, lost, cancelled, deadlineMs } = run.context
  const waitMs = Math.min(provedMs(run, job), deadlineMs) - ports.clock.now().getTime()
  await ports.clock.sleep(Math.max(0, waitMs), AbortSignal.any([lost, cancelled])).catch(() => undefined)
}

/** The look-up failed, so the outcome is as unknown as before. */
const unknown = (message: string, cause?: IasqlError): IasqlError =>
  new IasqlError('cloud/unknown-outcome', message, cause ? { cause } : {})
