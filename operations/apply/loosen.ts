/** What is not over with a call is an edit until it is, whatever fails: above all what refers to a replaced resource. */
import { loosened } from '#engine/merge/unsure.ts'
import { resourceKey } from '#engine/plan/resource.ts'
import { loosenColumns } from '#postgres/statements/resource-loosen.ts'
import { rowsPointingAt } from '#postgres/statements/rows-pointing.ts'
import type { ApplyRun } from './apply-run.ts'
import type { Job } from './jobs.ts'

export async function loosenDependants(run: ApplyRun, job: Job): Promise<void> {
  const loose = run.jobs.all.flatMap((other) => {
    const columns = other === job || other.change.companion ? [] : columnsTo(other, job.change.key)
    return columns.length > 0 ? [{ other, columns }] : []
  })
  for (const { other, columns } of loose) {
    const { key } = other.change
    const state = run.jobs.states.get(key)
    if (state?.base) run.jobs.states.set(key, { ...state, base: loosened(state.base, columns) })
  }
  const rows = loose.map(({ other: { change }, columns }) => {
    return { table_name: change.table, row_id: change.rowId, columns }
  })
  const all = [...rows, ...(await pointingFromElsewhere(run, job))]
  if (all.length > 0) await loosenColumns(run.context.ports.platform, run.context.tenant, all)
}

/**
 * What the cloud has lost can be made again without those that point at it, which may not be of this execution: the row
 * says the same as before, and nothing but this tells that it means another resource by now.
 */
async function pointingFromElsewhere({ jobs, context, tables }: ApplyRun, { change, type }: Job) {
  if (change.action !== 'create') return []
  const own = new Set(jobs.all.map((other) => other.change.key))
  const target = { type, rowId: change.rowId, installed: tables.types }
  const pointing = await rowsPointingAt(context.ports.platform, context.tenant, target)
  return pointing.filter((row) => !own.has(resourceKey(row.table_name, row.row_id)))
}

/** A column that was cleared for a while is to be set again; what went to make room for its successor is to be made again. */
export const wantAgain = async (run: ApplyRun, { change }: Job): Promise<void> => {
  const rows = [{ table_name: change.table, row_id: change.rowId, columns: [] }]
  await loosenColumns(run.context.ports.platform, run.context.tenant, rows)
}

/** Of an update that did not come to its end: what it sent may have come about or not, and is nobody's agreement. */
export async function loosenSent(run: ApplyRun, { change, hasWritten }: Job): Promise<void> {
  if (change.action !== 'update' || !hasWritten) return
  const rows = [{ table_name: change.table, row_id: change.rowId, columns: Object.keys(change.delta) }]
  await loosenColumns(run.context.ports.platform, run.context.tenant, rows)
}

/** Of what stands already: a new row says by itself what it points at. */
function columnsTo({ change }: Job, target: string): readonly string[] {
  if (change.action !== 'update' && change.action !== 'replace') return []
  const to = change.references.filter((one) => one.target === target && one.of === undefined)
  return [...new Set(to.filter(({ side }) => side === 'desired').map(({ column }) => column))]
}
