/** The old half of a replacement that was not deleted although the new one is made: it must not be forgotten. */
import type { Orphan } from '#postgres/statements/resource-orphan.ts'
import { areStepsEnded, type Job } from './jobs.ts'

/** Once, when all steps have ended: the end of the old one may be given up while nobody knows yet what became of the new one. */
export function orphanOf(job: Job): Orphan | undefined {
  const { change, steps } = job
  if (change.action !== 'replace' || !change.cloudId || job.hasOrphan || !areStepsEnded(job)) return undefined
  // The record is the new one's as soon as that is made, also when nobody waits any more until it is ready.
  const isReplaced = steps.some(({ step, cloudId }) => step.kind === 'create' && cloudId !== undefined)
  const isLeft = steps.some(({ step, state }) => step.kind === 'delete' && state !== 'done')
  if (!isReplaced || !isLeft) return undefined
  job.hasOrphan = true
  const place = change.cloudPlace ?? change.place
  return {
    account_id: place.accountId,
    region: place.region,
    natural_name: change.naturalName,
    cloud_id: change.cloudId,
    base: change.oldBase ?? {},
  }
}
