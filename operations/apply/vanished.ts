/** What is not found when it is read: later while reads may lag behind what was written last, afterwards it is not there. */
import { IasqlError } from '#engine/model/error.ts'
import type { ApplyRun, StepEvent } from './apply-run.ts'
import { type Job, noteStep } from './jobs.ts'

/** Notes what a read that found nothing proves; false: it may still show up. */
export function noteVanished(run: ApplyRun, job: Job, readStartedMs: number): boolean {
  job.isVanished = isPastWrite(run, job, readStartedMs) && isAfter(run, job, readStartedMs, job.calledMs)
  return job.isVanished
}

/** Whether a read may be believed of what was written before: that it is gone, or has become another. */
export function isPastWrite(run: ApplyRun, job: Job, readStartedMs: number): boolean {
  const writtenAt = run.jobs.states.get(job.change.key)?.writtenAt
  return isAfter(run, job, readStartedMs, writtenAt ? new Date(writtenAt).getTime() : 0)
}

const isAfter = ({ context }: ApplyRun, { type }: Job, readStartedMs: number, writtenMs: number): boolean =>
  readStartedMs >= writtenMs + context.ports.cloud.settleMs(type.settleMs)

/** What was made or changed may only not show yet: the step goes on once it does. */
export async function readLater(run: ApplyRun, job: Job, stepKey: string): Promise<StepEvent> {
  noteStep(job, stepKey, { state: 'waiting', waiting: { until: readable, again: true } })
  await run.ledger.settle(job, { kind: 'none' })
  return { kind: 'waiting', step: stepKey }
}

/** What is waited for when the cloud does not show yet what it made. */
export const readable = 'it to be readable'

export const vanished = ({ change }: Job): IasqlError =>
  new IasqlError('cloud/not-found', `the cloud has no ${change.table} ${change.naturalName} any more`)
