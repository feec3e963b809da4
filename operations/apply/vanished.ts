/** What was made and is not found when it is read back: later while reads may lag, afterwards it was never made. */
import { IasqlError } from '#engine/model/error.ts'
import type { ApplyRun } from './apply-run.ts'
import type { Job } from './jobs.ts'

/** Notes what a read that found nothing proves; false: it may still show up. */
export function noteVanished({ context }: ApplyRun, job: Job, readStartedMs: number): boolean {
  job.isVanished = readStartedMs >= job.calledMs + context.ports.cloud.settleMs(job.type.settleMs)
  return job.isVanished
}

export const vanished = ({ change }: Job): IasqlError =>
  new IasqlError(
    'cloud/not-found',
    `the cloud has no ${change.table} ${change.naturalName || change.rowId} any more`,
  )
