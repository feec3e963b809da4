/** What stands only because something referred to it goes with the last reference. */
import type { TableSpec } from '#engine/model/table.ts'
import { dropRows } from '#postgres/statements/resource-drop.ts'
import { referredOnly } from '#postgres/statements/resource-external.ts'
import { type SyncRow, syncRow } from '../sync/sync-row.ts'
import type { SyncScope } from '../sync/sync-scope.ts'

export async function dropUnreferred(
  { db, tenant }: SyncScope,
  type: TableSpec,
  installed: readonly TableSpec[],
): Promise<readonly SyncRow[]> {
  const dropped: SyncRow[] = []
  for (;;) {
    const standing = await referredOnly(db, tenant, type.name)
    const ids = standing.map((record) => record.row_id)
    const condition = 'r.external AND NOT r.listed'
    const dropping = { type, installed, ids, condition, executionId: null }
    const gone = new Set(ids.length > 0 ? await dropRows(db, tenant, dropping) : [])
    // Rows of one table may refer to each other: what is free now was held by what just went.
    if (gone.size === 0) return dropped
    for (const record of standing) {
      if (!gone.has(record.row_id)) continue
      dropped.push(
        syncRow('delete', type, { cloudId: record.cloud_id, rowId: record.row_id, row: record.base }),
      )
    }
  }
}
