/** Tables with committed outputs that are not yet in their rows. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

/** `due`: without those that their rows have refused and whose next try is still to come. */
export type Due = 'due' | 'all'

/** A condition over the resource `r`. */
export const dueSql = (due: Due): string =>
  due === 'all'
    ? 'r.unprojected IS NOT NULL'
    : `(r.unprojected IS NOT NULL AND coalesce(
        CAST(r.unprojected->'refused'->>'until' AS timestamptz), '-infinity') <= clock_timestamp())`

export async function unprojectedTables(
  db: Queryable,
  { schema: t }: Tenant,
  due: Due,
): Promise<readonly string[]> {
  const rows = await db.query<{ table_name: string }>(
    `SELECT DISTINCT r.table_name FROM ${t}.iasql_resource r WHERE ${dueSql(due)}`,
  )
  return rows.map((row) => row.table_name)
}

/** What is still to come into a row and what comes on top of that: the row holds what it was expected to hold first. */
export const mergedProjection = (old: string, more: string): string =>
  `CASE WHEN ${more} IS NULL THEN ${old} WHEN ${old} IS NULL THEN ${more} ELSE jsonb_build_object(
     'write', coalesce(${old}->'write', '{}') || coalesce(${more}->'write', '{}'),
     'expected', coalesce(${more}->'expected', '{}') || coalesce(${old}->'expected', '{}')) END`
