/** Records that name rows by id, when those rows come to stand for other resources. */
import type { TableSpec } from '#engine/model/table.ts'
import { unqualified } from '#engine/plan/resource.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { inPages } from './paging.ts'

/** A column of a record that says `from`, as agreed on or as seen last, and is to say `to`. */
export interface Repointing {
  readonly table_name: string
  readonly row_id: number
  readonly column: string
  readonly from: number
  readonly to: number
}

/** What names these rows of a table, of any record, is to name others instead. */
export async function repointingsOf(
  transaction: Queryable,
  { schema: t }: Tenant,
  rows: readonly { readonly table_name: string; readonly from: number; readonly to: number }[],
  installed: readonly TableSpec[],
): Promise<readonly Repointing[]> {
  const found: Repointing[] = []
  const tables = new Set(rows.map((row) => row.table_name))
  for (const type of installed) {
    for (const [column, { reference }] of Object.entries(type.columns)) {
      const target = reference?.by === 'id' ? unqualified(reference.table) : undefined
      if (target === undefined || !tables.has(target)) continue
      for (const page of inPages(rows.filter((row) => row.table_name === target))) {
        const some = await transaction.query<Repointing>(
          `SELECT k.table_name, k.row_id, :column AS "column", r.from, r.to
           FROM jsonb_to_recordset(:rows::jsonb) AS r ("from" bigint, "to" bigint)
           JOIN ${t}.iasql_resource k ON k.table_name = :table
             AND r.from::text IN (k.base->>:column, k.observed->>:column)`,
          { column, table: type.name, rows: JSON.stringify(page) },
        )
        for (const one of some) found.push(one)
      }
    }
  }
  return found
}

export async function repoint(
  transaction: Queryable,
  { schema: t }: Tenant,
  repointings: readonly Repointing[],
): Promise<void> {
  const says = (state: string): string =>
    `CASE WHEN k.${state}->>:column = r.from::text THEN k.${state} || jsonb_build_object(:column::text, r.to) ELSE k.${state} END`
  for (const [column, rows] of Map.groupBy(repointings, (one) => one.column)) {
    for (const page of inPages(rows)) {
      await transaction.run(
        `UPDATE ${t}.iasql_resource k SET base = ${says('base')}, observed = ${says('observed')}
         FROM jsonb_to_recordset(:rows::jsonb) AS r (table_name text, row_id bigint, "from" bigint, "to" bigint)
         WHERE k.table_name = r.table_name AND k.row_id = r.row_id`,
        { column, rows: JSON.stringify(page) },
      )
    }
  }
}
