/** What a replacement would undo unseen: changes made in the cloud to the old resource since it was read last. */
import { equals } from '#engine/columns/canonical.ts'
import { IasqlError } from '#engine/model/error.ts'
import type { Row } from '#engine/model/json.ts'
import { isSettled } from '../sync/trust.ts'
import { type ApplyRun, attempt } from './apply-run.ts'
import { mapperOf } from './cloud-reader.ts'
import type { Job } from './jobs.ts'

/** Before anything is made in place of it; undefined when nothing would be lost. */
export async function findLossOf(run: ApplyRun, job: Job): Promise<IasqlError | undefined> {
  const { action, cloudId, cloudPlace, place, replaceBefore } = job.change
  if (action !== 'replace' || replaceBefore || !cloudId || job.intent === 'open') return undefined
  const startedAt = run.context.ports.clock.now()
  const read = await attempt(run, () => run.reader.read(job.type, cloudPlace ?? place, cloudId))
  if ('refused' in read) return read.refused
  const loss = read.result === undefined ? undefined : findLoss(run, job, read.result, startedAt)
  return loss === 'unsure' ? undefined : loss
}

/** `seen`, read from then on, against what the plan knew of it; `unsure`: it differs, but may be from before our own write. */
export function findLoss(
  run: ApplyRun,
  job: Job,
  seen: unknown,
  startedAt: Date,
): IasqlError | 'unsure' | undefined {
  const { type, change } = job
  const state = run.jobs.states.get(change.key)
  if (!state?.observed || !state.desired) return undefined
  const { observed, desired } = state
  const now = mapperOf(type).toRow(seen) as Row
  const moved = Object.entries(type.columns).flatMap(([name, column]) => {
    const value = now[name] ?? null
    const isOurs = column.nature === 'argument' && !column.reference && name in now
    const isKept =
      equals(column, value, observed[name] ?? null) || equals(column, value, desired[name] ?? null)
    return isOurs && !isKept && run.policy(change.table, change.rowId, name) === 'track' ? [name] : []
  })
  if (moved.length === 0) return undefined
  if (!isSettled(run.context.ports, type, startedAt, state)) return 'unsure'
  const values = moved.map((name) => `${name} is ${JSON.stringify(now[name])} there`)
  return new IasqlError(
    'plan/conflict',
    `it was changed in the cloud since it was read last, and its replacement would undo that: ${values.join(', ')}`,
    { hint: 'Take the change over by iasql_sync(), or say otherwise in the row, and apply again.' },
  )
}
