/** What a resource refers to after a write, as rows: what is not ours becomes a row that is only read. */
import type { SeenRow } from '#engine/model/cloud.ts'
import type { RowPlace } from '#engine/plan/resource.ts'
import { takeReferred } from '../external/take-referred.ts'
import { type ReferenceIndex, referencesIn } from '../sync/row-references.ts'
import type { ApplyRun } from './apply-run.ts'

export async function holdSeen(run: ApplyRun, seen: SeenRow, place: RowPlace): Promise<ReferenceIndex> {
  const { ports, tenant, progress, lost } = run.context
  const index = await run.index(seen, place)
  const unknown = referencesIn(seen).filter((reference) => !index.find(reference, place))
  if (unknown.length === 0) return index
  const scope = { ports, db: ports.platform, tenant, tables: run.tables, signal: lost, listed: run.listed }
  const { rows, notices } = await takeReferred(scope, { unknown, place })
  for (const notice of notices) progress.notice(notice)
  for (const { table, rowId, cloudId } of rows) run.learn({ table, rowId }, { cloudId })
  return rows.length > 0 ? await run.index(seen, place) : index
}
