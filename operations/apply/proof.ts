/** When it is proved that nothing came of a call that nobody answered, or that nothing can come of it any more. */
import { IasqlError } from '#engine/model/error.ts'
import type { ApplyRun } from './apply-run.ts'
import { stragglerMs } from './call-times.ts'
import type { Job } from './jobs.ts'

/** Absence counts only once the call has ended for certain and reads cannot lag any more. */
const provedMs = ({ context: { ports } }: ApplyRun, job: Job): number =>
  job.deadlineMs + ports.cloud.settleMs(job.type.settleMs) + stragglerMs

export const isTooEarly = (run: ApplyRun, job: Job): boolean =>
  run.context.ports.clock.now().getTime() < provedMs(run, job)

/** Not longer than the invocation lasts, and not once the user has cancelled: then the intent stays open. */
export async function untilProved(run: ApplyRun, job: Job): Promise<void> {
  const { ports, lost, cancelled, deadlineMs } = run.context
  const waitMs = Math.min(provedMs(run, job), deadlineMs) - ports.clock.now().getTime()
  await ports.clock.sleep(Math.max(0, waitMs), AbortSignal.any([lost, cancelled])).catch(() => undefined)
}

/** Its caller has gone, the request may not have: what is sent before it arrives is overwritten by it. Cancelled or not. */
export async function untilArrived(run: ApplyRun, job: Job): Promise<void> {
  const { ports, lost, deadlineMs } = run.context
  const nowMs = ports.clock.now().getTime()
  const arrivedMs = Math.min(nowMs, job.deadlineMs) + stragglerMs
  const waitMs = Math.min(arrivedMs, deadlineMs) - nowMs
  await ports.clock.sleep(Math.max(0, waitMs), lost).catch(() => undefined)
}

/** The look-up failed, so the outcome is as unknown as before. */
export const unknown = (message: string, cause?: IasqlError): IasqlError =>
  new IasqlError('cloud/unknown-outcome', message, cause ? { cause } : {})
