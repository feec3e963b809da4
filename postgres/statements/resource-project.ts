/** Brings committed outputs into the tenant's rows; a row that somebody holds locked is left for the next try. */
import type { Columns } from '#engine/model/column.ts'
import type { Row } from '#engine/model/json.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

export interface Projection {
  /** Columns to write. */
  readonly write: Row
  /** What the row was seen to hold there; a column that holds something else by now is the user's. */
  readonly expected: Row
}

const isUnchanged = (name: string): string =>
  `(u.unprojected->'write' ? '${name}'
     AND coalesce(to_jsonb(q."${name}"), 'null') = coalesce(u.unprojected->'expected'->'${name}', 'null'))`

const assignment = (name: string, isOutput: boolean): string =>
  `"${name}" = CASE WHEN ${isOutput ? `u.unprojected->'write' ? '${name}'` : isUnchanged(name)}
     THEN (u.projected)."${name}" ELSE q."${name}" END`

/** The number of resources of this table whose outputs are still not in their rows. */
export async function projectOutputs(
  db: Queryable,
  tenant: Tenant,
  table: { readonly name: string; readonly columns: Columns },
): Promise<number> {
  const t = tenant.schema
  const assignments = Object.entries(table.columns).map(([name, { nature }]) =>
    assignment(name, nature === 'output'),
  )
  const rows = await db.query<{ left: number }>(
    `WITH due AS (
       SELECT resource_id, row_id, unprojected, jsonb_populate_record(NULL::${t}."${table.name}", unprojected->'write')
         AS projected
       FROM ${t}.iasql_resource WHERE table_name = :table AND unprojected IS NOT NULL FOR UPDATE SKIP LOCKED),
     free AS (
       SELECT id FROM ${t}."${table.name}" WHERE id IN (SELECT row_id FROM due) FOR UPDATE SKIP LOCKED),
     written AS (
       UPDATE ${t}."${table.name}" q SET ${assignments.join(', ')}
       FROM due u, free WHERE q.id = u.row_id AND free.id = q.id RETURNING q.id),
     cleared AS (
       UPDATE ${t}.iasql_resource r SET unprojected = NULL FROM due u
       WHERE r.resource_id = u.resource_id AND (u.row_id IN (SELECT id FROM written)
         OR NOT EXISTS (SELECT FROM ${t}."${table.name}" q WHERE q.id = u.row_id))
       RETURNING r.resource_id)
     SELECT (SELECT count(*) FROM ${t}.iasql_resource WHERE table_name = :table AND unprojected IS NOT NULL)
       - (SELECT count(*) FROM cleared) AS left`,
    { table: table.name },
  )
  return rows[0]?.left ?? 0
}
