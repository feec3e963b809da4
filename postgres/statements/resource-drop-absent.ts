/** Rows of many tables leave together, so that those that refer only to each other can go. */
import type { TableSpec } from '#engine/model/table.ts'
import { unqualified } from '#engine/plan/resource.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { refersSql } from './refers-sql.ts'
import { idsAtATime } from './resource-free.ts'

/** Row ids by table. */
export type RowsOfTables = ReadonlyMap<string, readonly number[]>

/** Those rows of a table that are referred to by a row which does not go; at most so many as one result takes. */
export async function heldRows(
  db: Queryable,
  { schema: t }: Tenant,
  type: TableSpec,
  { going, installed }: { readonly going: RowsOfTables; readonly installed: readonly TableSpec[] },
): Promise<readonly number[]> {
  const referrers = installed.flatMap((other) =>
    Object.entries(other.columns).flatMap(([column, { reference }]) =>
      reference && unqualified(reference.table) === type.name
        ? [
            `EXISTS (SELECT FROM ${t}."${other.name}" c WHERE ${refersSql({ from: other, column, reference, to: type })}
             AND c.id NOT IN (SELECT value::bigint FROM jsonb_array_elements_text(:going::jsonb->'${other.name}')))`,
          ]
        : [],
    ),
  )
  const expressions = `EXISTS (SELECT FROM ${t}.iasql_expression x WHERE x.target_table = :table AND x.target_id = q.id
    AND NOT coalesce(:going::jsonb->x.table_name @> to_jsonb(x.row_id), false))`
  const rows = await db.query<{ id: number }>(
    `SELECT q.id FROM ${t}."${type.name}" q
     WHERE q.id IN (SELECT value::bigint FROM jsonb_array_elements_text(:going::jsonb->:table::text))
       AND (${[...referrers, expressions].join(' OR ')}) LIMIT ${idsAtATime}`,
    { table: type.name, going: JSON.stringify(Object.fromEntries(going)) },
  )
  return rows.map(({ id }) => id)
}

/** Those rows of a table whose parent is gone in the cloud too and stays: made again, it brings them along. */
export async function rowsAwaitingParents(
  db: Queryable,
  { schema: t }: Tenant,
  table: string,
  going: RowsOfTables,
): Promise<readonly number[]> {
  const rows = await db.query<{ id: number }>(
    `SELECT r.row_id AS id FROM ${t}.iasql_resource r JOIN ${t}.iasql_resource p ON p.resource_id = r.companion_of
     WHERE r.table_name = :table AND p.observed IS NULL
       AND r.row_id IN (SELECT value::bigint FROM jsonb_array_elements_text(:going::jsonb->:table::text))
       AND NOT coalesce(:going::jsonb->p.table_name @> to_jsonb(p.row_id), false) LIMIT ${idsAtATime}`,
    { table, going: JSON.stringify(Object.fromEntries(going)) },
  )
  return rows.map(({ id }) => id)
}
