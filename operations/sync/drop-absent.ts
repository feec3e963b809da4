/** Rows marked as gone leave their table, unless an edit, a lock or a reference holds them there. */

import type { TableSpec } from '#engine/model/table.ts'
import { naturalName } from '#engine/plan/natural-name.ts'
import { absentResources } from '#postgres/statements/resource-absent.ts'
import { dropRows } from '#postgres/statements/resource-drop.ts'
import { type SyncRow, syncRow } from './sync-row.ts'
import type { SyncScope } from './sync-scope.ts'

export async function dropAbsent(
  { db, tenant }: SyncScope,
  type: TableSpec,
  installed: readonly TableSpec[],
): Promise<{ readonly rows: readonly SyncRow[]; readonly notices: readonly string[] }> {
  const absent = await absentResources(db, tenant, type.name)
  if (absent.length === 0) return { rows: [], notices: [] }
  const dropped = new Set<number>()
  for (;;) {
    const ids = absent.map((record) => record.row_id).filter((id) => !dropped.has(id))
    const gone = ids.length > 0 ? await dropRows(db, tenant, type, installed, ids) : []
    // Rows of one table may refer to each other: what is free now was held by what just went.
    if (gone.length === 0) break
    for (const id of gone) dropped.add(id)
  }
  return {
    rows: absent
      .filter((record) => dropped.has(record.row_id))
      .map((record) =>
        syncRow('delete', type, { cloudId: record.cloud_id, rowId: record.row_id }, record.base ?? {}),
      ),
    notices: absent
      .filter((record) => !dropped.has(record.row_id))
      .map((record) => {
        const name = record.natural_name ?? naturalName(type, record.base ?? {}) ?? record.row_id
        return `${type.name} ${name} is gone in the cloud; its row stays because other rows refer to it.`
      }),
  }
}
