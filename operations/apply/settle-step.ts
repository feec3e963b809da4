/** Finds out what became of a call that nobody answered: by id, by token, by name; never by calling again blindly. */
import { IasqlError } from '#engine/model/error.ts'
import type { Mapper } from '#modules/kit/index.ts'
import { type ApplyRun, attempt, refusedEvent, type StepEvent } from './apply-run.ts'
import { mapperOf } from './cloud-reader.ts'
import { type Job, noteStep, stepOf } from './jobs.ts'
import { continueWrite } from './write-steps.ts'

/** How long a request may still be under way after its caller died, besides the time reads lag. */
const stragglerMs = 2_000

export async function settleStep(run: ApplyRun, job: Job, stepKey: string): Promise<StepEvent> {
  const { step, cloudId } = stepOf(job, stepKey)
  if (step.kind !== 'create') return { kind: 'absent', step: stepKey }
  if (cloudId) return await continueWrite(run, job, stepKey, cloudId)
  const mapper = mapperOf(job.type)
  const look = () => attempt(run, () => find(run, job, stepKey, mapper))
  let found = await look()
  if ('result' in found && found.result === undefined && (await untilVisible(run, job))) found = await look()
  if ('refused' in found) return refusedEvent(run, stepKey, unknown(found.refused))
  if (found.result === undefined) return { kind: 'absent', step: stepKey }
  const id = mapper.idOf(found.result)
  noteStep(job, stepKey, { cloudId: id })
  return await continueWrite(run, job, stepKey, id)
}

async function find(run: ApplyRun, job: Job, stepKey: string, mapper: Mapper): Promise<unknown> {
  const api = run.reader.api(job.type, stepOf(job, stepKey).step)
  const byToken = job.token && mapper.findByToken ? await mapper.findByToken(job.token, api) : undefined
  if (byToken !== undefined || !job.want) return byToken
  return await mapper.findByName?.(job.want, api)
}

/** Absence counts only once reads cannot lag any more; true if there was something to wait for. */
async function untilVisible(run: ApplyRun, job: Job): Promise<boolean> {
  const { clock, cloud } = run.context.ports
  const readyMs = job.calledMs + cloud.settleMs(job.type.settleMs) + stragglerMs
  const waitMs = readyMs - clock.now().getTime()
  if (waitMs > 0) await clock.sleep(waitMs, run.context.lost)
  return waitMs > 0
}

/** The look-up failed, so the outcome is as unknown as before. */
const unknown = (refused: IasqlError): IasqlError =>
  new IasqlError('cloud/unknown-outcome', refused.message, { cause: refused })
