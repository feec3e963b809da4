/** Rows whose cloud object is proved to be gone leave the table, unless somebody edited them or refers to them. */

import type { TableSpec } from '#engine/model/table.ts'
import { unqualified } from '#engine/plan/resource.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { inPages } from './paging.ts'

const referrers = (t: string, type: TableSpec, installed: readonly TableSpec[]): readonly string[] =>
  installed
    .flatMap((other) =>
      Object.entries(other.columns).flatMap(([column, { reference }]) =>
        reference && unqualified(reference.table) === type.name
          ? [
              `EXISTS (SELECT FROM ${t}."${other.name}" c
               WHERE c."${column}" = q."${reference.by}"${other.name === type.name ? ' AND c.id <> q.id' : ''})`,
            ]
          : [],
      ),
    )
    .concat(isExpressed(t, type))

/** Texts and documents of rows refer to it too. */
const isExpressed = (t: string, type: TableSpec): string =>
  `EXISTS (SELECT FROM ${t}.iasql_expression x WHERE x.target_table = '${type.name}' AND x.target_id = q.id
     AND (x.table_name <> '${type.name}' OR x.row_id <> q.id))`

/** The ids of the rows that went; the others stand because they are edited, locked or referred to. */
export async function dropRows(
  db: Queryable,
  tenant: Tenant,
  type: TableSpec,
  installed: readonly TableSpec[],
  ids: readonly number[],
): Promise<readonly number[]> {
  const t = tenant.schema
  const isReferred = referrers(t, type, installed).join(' OR ') || 'false'
  const dropped: number[] = []
  for (const page of inPages(ids, 5_000)) {
    const rows = await db.query<{ id: number }>(
      `WITH free AS (
         SELECT q.id FROM ${t}."${type.name}" q
         WHERE q.id IN (SELECT value::bigint FROM jsonb_array_elements_text(:ids::jsonb))
           AND NOT (${isReferred})
           AND NOT EXISTS (SELECT FROM ${t}.iasql_edit e WHERE e.table_name = :table AND e.row_id = q.id)
         FOR UPDATE OF q SKIP LOCKED),
       gone AS (DELETE FROM ${t}."${type.name}" q USING free WHERE q.id = free.id RETURNING q.id),
       forgotten AS (
         DELETE FROM ${t}.iasql_resource r USING gone WHERE r.table_name = :table AND r.row_id = gone.id)
       SELECT id FROM gone`,
      { table: type.name, ids: JSON.stringify(page) },
    )
    dropped.push(...rows.map((row) => row.id))
  }
  return dropped
}
