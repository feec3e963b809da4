/** Takes a module out of the books: its tables, its resources' records, its edits. The cloud keeps everything. */

import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { closed } from './intent-close.ts'
import { isOpen } from './open-change.ts'

export async function forgetModule(
  db: Queryable,
  tenant: Tenant,
  module: { readonly name: string; readonly tables: readonly string[] },
): Promise<void> {
  const t = tenant.schema
  const tables = JSON.stringify(module.tables)
  for (const relation of ['iasql_resource', 'iasql_edit', 'iasql_expression', 'iasql_forgotten']) {
    await db.run(
      `DELETE FROM ${t}.${relation}
       WHERE table_name IN (SELECT value FROM jsonb_array_elements_text(:tables::jsonb))`,
      { tables },
    )
  }
  // Installed again, the tables number their rows from 1: their tokens must be others.
  await db.run(
    `UPDATE ${t}.iasql_intent i SET ${closed}
     WHERE table_name IN (SELECT value FROM jsonb_array_elements_text(:tables::jsonb))`,
    { tables },
  )
  await db.run(`DELETE FROM ${t}.iasql_module WHERE name = :name`, { name: module.name })
}

/** Open changes of these tables, and who makes them: `execution 7 of ann`. */
export async function openClaims(
  db: Queryable,
  { schema: t }: Tenant,
  tables: readonly string[],
): Promise<{ readonly open: number; readonly holders: string }> {
  const rows = await db.query<{ open: number; holders: string }>(
    `SELECT coalesce(sum(n), 0)::bigint AS open,
       coalesce(string_agg('execution ' || execution_id || ' of ' || actor, ', ' ORDER BY execution_id), '') AS holders
     FROM (
       SELECT execution_id, count(*) AS n FROM ${t}.iasql_change_record
       WHERE table_name IN (SELECT value FROM jsonb_array_elements_text(:tables::jsonb))
         AND execution_id IS NOT NULL AND ${isOpen()}
       GROUP BY execution_id) c JOIN ${t}.iasql_execution_record USING (execution_id)`,
    { tables: JSON.stringify(tables) },
  )
  return rows[0] ?? { open: 0, holders: '' }
}
