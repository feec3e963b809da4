/** Rows of many tables leave together, so that those that refer only to each other can go. */
import type { TableSpec } from '#engine/model/table.ts'
import { unqualified } from '#engine/plan/resource.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { inPages } from './paging.ts'

/** Row ids by table. */
export type RowsOfTables = ReadonlyMap<string, readonly number[]>

/** Ids that one result, or one statement, takes. */
const idsAtATime = 20_000

/** Locks the rows that are still gone and that nobody edits, works on, holds or may just have made; returns those. */
export async function lockFreeRows(
  db: Queryable,
  { schema: t }: Tenant,
  table: string,
  ids: readonly number[],
): Promise<readonly number[]> {
  const free: number[] = []
  for (const page of inPages(ids, idsAtATime)) {
    const rows = await db.query<{ id: number }>(
      `SELECT q.id FROM ${t}."${table}" q
       WHERE q.id IN (SELECT value::bigint FROM jsonb_array_elements_text(:ids::jsonb))
         AND EXISTS (SELECT FROM ${t}.iasql_resource r
           WHERE r.table_name = :table AND r.row_id = q.id AND r.observed IS NULL)
         AND NOT EXISTS (SELECT FROM ${t}.iasql_intent i
           WHERE i.table_name = :table AND i.row_id = q.id AND i.token IS NOT NULL)
         AND NOT EXISTS (SELECT FROM ${t}.iasql_edit e WHERE e.table_name = :table AND e.row_id = q.id)
         AND NOT EXISTS (SELECT FROM ${t}.iasql_change_record c
           WHERE c.table_name = :table AND c.row_id = q.id AND c.execution_id IS NOT NULL
             AND c.state IN ('pending', 'started', 'waiting'))
       FOR UPDATE OF q SKIP LOCKED`,
      { table, ids: JSON.stringify(page) },
    )
    for (const { id } of rows) free.push(id)
  }
  return free
}

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
            `EXISTS (SELECT FROM ${t}."${other.name}" c WHERE c."${column}" = q."${reference.by}"
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

/** References are checked at the end of the transaction: the order of tables does not matter. */
export async function deleteRows(
  db: Queryable,
  { schema: t }: Tenant,
  table: string,
  ids: readonly number[],
): Promise<void> {
  for (const page of inPages(ids, idsAtATime)) {
    await db.run(
      `WITH gone AS (
         DELETE FROM ${t}."${table}" q
         WHERE q.id IN (SELECT value::bigint FROM jsonb_array_elements_text(:ids::jsonb)) RETURNING q.id)
       DELETE FROM ${t}.iasql_resource r USING gone WHERE r.table_name = :table AND r.row_id = gone.id`,
      { table, ids: JSON.stringify(page) },
    )
  }
}
