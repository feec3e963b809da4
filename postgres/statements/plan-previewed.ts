/** Which changes somebody was shown as they are now: in a preview that nothing has moved since. */
import type { JsonObject } from '#engine/model/json.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { inPages } from './paging.ts'

export interface ShownChange {
  readonly table: string
  readonly rowId: number
  readonly action: string
  readonly editVersion: number
  readonly changed: JsonObject
}

/** `vpc/3`, of those that a preview made by then shows and nobody has chosen to leave out of it. */
export async function previewedKeys(
  db: Queryable,
  { schema: t }: Tenant,
  { changes, by }: { readonly changes: readonly ShownChange[]; readonly by: Date },
): Promise<ReadonlySet<string>> {
  const shown = new Set<string>()
  const asked = changes.map(({ table, rowId, action, editVersion, changed }) => ({
    ...{ table, row: rowId, action, version: editVersion, changed },
  }))
  for (const page of inPages(asked)) {
    const rows = await db.query<{ key: string }>(
      `SELECT DISTINCT c.table_name || '/' || c.row_id AS key
       FROM jsonb_to_recordset(:asked::jsonb) AS n ("table" text, "row" bigint, action text, version bigint, changed jsonb)
       JOIN ${t}.iasql_change_record c ON c.table_name = n."table" AND c.row_id = n."row" AND c.action = n.action
         AND c.edit_version = n.version AND c.changed IS NOT DISTINCT FROM n.changed
       JOIN ${t}.iasql_plan_record p USING (plan_id)
       WHERE p.execution_id IS NULL AND p.made_at <= :by::timestamptz
         AND NOT EXISTS (SELECT FROM ${t}.iasql_plan_choice o WHERE o.plan_id = c.plan_id AND o.change_id = c.change_id AND o.skip)
         AND NOT EXISTS (SELECT FROM ${t}.iasql_plan_movement m WHERE m.plan_id = c.plan_id AND m.change_id = c.change_id)`,
      { asked: JSON.stringify(page), by: by.toISOString() },
    )
    for (const { key } of rows) shown.add(key)
  }
  return shown
}
