/** Waiting is one describe for all resources of a kind and place: who is ready, who is not, who never will be. */

import { IasqlError } from '#engine/model/error.ts'
import type { Settled } from '#modules/kit/index.ts'
import { type ApplyRun, attempt, refusedEvent, type StepEvent } from './apply-run.ts'
import { mapperOf } from './cloud-reader.ts'
import { deleteResource, endResource } from './end-steps.ts'
import { endWrite, refusalIn } from './finish-write.ts'
import { type Job, noteStep, stepOf, type Waiting } from './jobs.ts'
import { report } from './report.ts'
import { isPastWrite, noteVanished, readable, vanished } from './vanished.ts'
import { awaited } from './why-skipped.ts'

/** Nothing for a step that has to wait on. */
export async function pollStep(run: ApplyRun, stepKey: string): Promise<StepEvent | undefined> {
  const job = run.jobs.ofStep(stepKey)
  const { step, cloudId, waiting } = stepOf(job, stepKey)
  const isDelete = step.kind === 'delete'
  const id = (isDelete ? job.change.cloudId : (cloudId ?? job.cloudId)) ?? undefined
  if (!id) return { kind: 'again', step: stepKey }
  const readStartedMs = run.context.ports.clock.now().getTime()
  const read = await attempt(run, () => run.reader.read(job.type, step, id))
  if ('refused' in read) return unread(run, job, stepKey, read.refused)
  const seen = read.result
  if (waiting?.unread !== undefined) noteSeen(job, stepKey, waiting)
  if (isDelete) return await pollDelete(run, job, stepKey, { seen, readStartedMs })
  if (seen === undefined && waiting?.until === readable && noteVanished(run, job, readStartedMs)) {
    const error = vanished(job)
    run.refusals.set(stepKey, error)
    return { kind: 'failed', step: stepKey, retry: 'never', message: error.message }
  }
  const settled = seen === undefined ? false : isSettled(job, seen)
  if (settled === false) {
    report(run, job, stepKey, `waiting for ${awaited(stepOf(job, stepKey))}`)
    return undefined
  }
  if (settled !== true) return refusedEvent(run, stepKey, failed(settled.failed))
  if (waiting?.again) return { kind: 'again', step: stepKey }
  try {
    return await endWrite(run, job, stepKey, { cloudId: id, seen, readStartedMs })
  } catch (error) {
    return unread(run, job, stepKey, refusalIn(run, error))
  }
}

/** What waits can wait for the cloud to be reached again; what may not be read is not waited for. */
function unread(run: ApplyRun, job: Job, stepKey: string, error: IasqlError): StepEvent {
  run.refusals.set(stepKey, error)
  const retry = error.retry === 'never' ? 'never' : 'later'
  const { waiting } = stepOf(job, stepKey)
  if (waiting) noteStep(job, stepKey, { waiting: { ...waiting, unread: error.message } })
  if (retry === 'later') report(run, job, stepKey, `waiting for ${awaited(stepOf(job, stepKey))}`)
  return { kind: 'failed', step: stepKey, retry, message: error.message }
}

async function pollDelete(
  run: ApplyRun,
  job: Job,
  stepKey: string,
  { seen, readStartedMs }: { readonly seen: unknown; readonly readStartedMs: number },
): Promise<StepEvent | undefined> {
  const { waiting } = stepOf(job, stepKey)
  if (seen === undefined && waiting?.until === readable && !isPastWrite(run, job, readStartedMs))
    return undefined
  if (seen === undefined) return await endResource(run, job, stepKey)
  if (waiting?.again && isSettled(job, seen) === true) return await deleteResource(run, job, stepKey, 1)
  report(run, job, stepKey, `waiting for ${awaited(stepOf(job, stepKey))}`)
  return undefined
}

function noteSeen(job: Job, stepKey: string, { until, again }: Waiting): void {
  noteStep(job, stepKey, { waiting: { until, again } })
}

const isSettled = (job: Job, seen: unknown): Settled => mapperOf(job.type).settled?.(seen) ?? true

const failed = (reason: string): IasqlError => new IasqlError('cloud/invalid', reason)
