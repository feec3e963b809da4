/** Whose columns, as they were agreed on, point at a row. */
import type { TableSpec } from '#engine/model/table.ts'
import { resourceKey, unqualified } from '#engine/plan/resource.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import type { LooseRow } from './resource-loosen.ts'

interface Target {
  readonly type: TableSpec
  readonly rowId: number
  readonly installed: readonly TableSpec[]
}

/** Of what stands in the cloud, by id; what AWS makes along with something else points by itself. */
export async function rowsPointingAt(
  db: Queryable,
  { schema: t }: Tenant,
  { type, rowId, installed }: Target,
): Promise<readonly LooseRow[]> {
  const columns = installed.flatMap((other) =>
    Object.entries(other.columns).flatMap(([column, { reference }]) =>
      reference?.by === 'id' && unqualified(reference.table) === type.name
        ? [
            `SELECT r.table_name, r.row_id, '${column}' AS name FROM ${t}."${other.name}" c
             JOIN ${t}.iasql_resource r ON r.table_name = '${other.name}' AND r.row_id = c.id
             WHERE c."${column}" = :row::bigint AND r.base->>'${column}' = :row
               AND r.observed IS NOT NULL AND r.companion_of IS NULL AND NOT r.external`,
          ]
        : [],
    ),
  )
  if (columns.length === 0) return []
  const found = await db.query<{ table_name: string; row_id: number; name: string }>(
    columns.join(' UNION ALL '),
    { row: String(rowId) },
  )
  const byRow = Map.groupBy(found, (one) => resourceKey(one.table_name, one.row_id))
  return [...byRow.values()].flatMap((some) => {
    const [{ table_name, row_id } = { table_name: '', row_id: 0 }] = some
    return [{ table_name, row_id, columns: some.map(({ name }) => name) }]
  })
}
