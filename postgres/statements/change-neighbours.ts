/** Open changes of executions around given rows: those that point at them, and those that make another of them. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { isOpen } from './open-change.ts'
import { inPages } from './paging.ts'

export interface NeighbourChange {
  /** Key of the given row. */
  readonly about: string
  readonly table_name: string
  readonly row_id: number
  readonly name: string
  readonly holder: number
}

/** One row at a time, and the change of each execution that was planned last: that stands for the others. */
const latest = `DISTINCT ON (k.key, c.execution_id) k.key AS about, c.table_name, c.row_id,
  coalesce(c.natural_name, '') AS name, c.execution_id AS holder`

const keysSql = 'k AS MATERIALIZED (SELECT value AS key FROM jsonb_array_elements_text(:keys::jsonb))'

export const changesPointingAt = (
  db: Queryable,
  { schema: t }: Tenant,
  keys: readonly string[],
): Promise<readonly NeighbourChange[]> =>
  read(
    db,
    keys,
    `SELECT ${latest} FROM ${t}.iasql_change_record c
       CROSS JOIN LATERAL jsonb_array_elements_text(c.planned->'pointsAt') AS p (key) JOIN k ON k.key = p.key
     WHERE c.execution_id IS NOT NULL AND ${isOpen('c')}`,
  )

/** Of a replacement whose new half is made the old half concerns nobody who points at the row now. */
export const changesRenewing = (
  db: Queryable,
  { schema: t }: Tenant,
  keys: readonly string[],
): Promise<readonly NeighbourChange[]> =>
  read(
    db,
    keys,
    `SELECT ${latest} FROM ${t}.iasql_change_record c JOIN k ON k.key = c.table_name || '/' || c.row_id
     WHERE c.execution_id IS NOT NULL AND ${isOpen('c')} AND c.action IN ('create', 'replace', 'delete')
       AND NOT jsonb_path_exists(c.steps, '$[*] ? (@.step.kind == "create" && @.state == "done")')`,
  )

async function read(
  db: Queryable,
  keys: readonly string[],
  sql: string,
): Promise<readonly NeighbourChange[]> {
  const found: NeighbourChange[] = []
  for (const page of inPages(keys)) {
    const rows = await db.query<NeighbourChange>(
      `WITH ${keysSql} ${sql} ORDER BY k.key, c.execution_id, c.change_id DESC`,
      { keys: JSON.stringify(page) },
    )
    for (const row of rows) found.push(row)
  }
  return found
}
