/** Which rows refer to others that are about to go. */
import type { TableSpec } from '#engine/model/table.ts'
import { unqualified } from '#engine/plan/resource.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { inPages } from './paging.ts'
import { refersSql } from './refers-sql.ts'
import { idsAtATime } from './resource-free.ts'

export interface Referrer {
  readonly table_name: string
  readonly row_id: number
  readonly target_id: number
}

/** By an id, by a name or in an expression; some of them where there are very many. */
export async function rowReferrers(
  db: Queryable,
  { schema: t }: Tenant,
  {
    type,
    installed,
    ids,
  }: { readonly type: TableSpec; readonly installed: readonly TableSpec[]; readonly ids: readonly number[] },
): Promise<readonly Referrer[]> {
  const columns = installed.flatMap((other) =>
    Object.entries(other.columns).flatMap(([column, { reference }]) =>
      reference && unqualified(reference.table) === type.name
        ? [
            `SELECT '${other.name}' AS table_name, c.id AS row_id, q.id AS target_id
            FROM going JOIN ${t}."${type.name}" q ON q.id = going.id
            JOIN ${t}."${other.name}" c ON ${refersSql({ from: other, column, reference, to: type })}`,
          ]
        : [],
    ),
  )
  const expressions = `SELECT x.table_name, x.row_id, x.target_id FROM going
    JOIN ${t}.iasql_expression x ON x.target_table = :table AND x.target_id = going.id`
  const found: Referrer[] = []
  for (const page of inPages(ids, idsAtATime)) {
    const rows = await db.query<Referrer>(
      `WITH going AS (SELECT value::bigint AS id FROM jsonb_array_elements_text(:ids::jsonb))
       SELECT DISTINCT table_name, row_id, target_id FROM (${[...columns, expressions].join(' UNION ALL ')}) f
       ORDER BY table_name, row_id, target_id LIMIT 5000`,
      { ids: JSON.stringify(page), table: type.name },
    )
    for (const row of rows) found.push(row)
  }
  return found
}
