/** A stored plan as the one who applies it looked at it. */
import type { JsonObject } from '#engine/model/json.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { fitting } from './paging.ts'

export interface StoredPlan {
  readonly plan_id: number
  readonly execution_id: number | null
}

export async function readPlan(
  db: Queryable,
  tenant: Tenant,
  planId: number,
): Promise<StoredPlan | undefined> {
  const rows = await db.query<StoredPlan>(
    `SELECT plan_id, execution_id FROM ${tenant.schema}.iasql_plan_record WHERE plan_id = :id::bigint`,
    { id: planId },
  )
  return rows[0]
}

export interface PreviewedChange {
  readonly change_id: number
  readonly action: string
  readonly table_name: string
  readonly row_id: number
  readonly natural_name: string | null
  readonly edit_version: number
  readonly changed: JsonObject
}

export async function readPlanChanges(
  db: Queryable,
  tenant: Tenant,
  planId: number,
): Promise<readonly PreviewedChange[]> {
  const changes: PreviewedChange[] = []
  let after = 0
  for (;;) {
    const page = await db.query<PreviewedChange>(
      fitting(`SELECT change_id AS sort, change_id, action, table_name, row_id, natural_name, edit_version, changed
        FROM ${tenant.schema}.iasql_change_record
        WHERE plan_id = :plan::bigint AND change_id > :after::bigint ORDER BY change_id LIMIT 2000`),
      { plan: planId, after },
    )
    if (page.length === 0) return changes
    changes.push(...page)
    after = page.at(-1)?.change_id ?? after
  }
}

/** Rows whose adoption somebody was shown in a preview of their present version: `table/row/version`. */
export async function previewedAdoptions(db: Queryable, tenant: Tenant): Promise<ReadonlySet<string>> {
  const rows = await db.query<{ key: string }>(
    `SELECT DISTINCT table_name || '/' || row_id || '/' || edit_version AS key
     FROM ${tenant.schema}.iasql_change_record WHERE action = 'adopt' AND execution_id IS NULL`,
  )
  return new Set(rows.map((row) => row.key))
}

/** Previews that nobody applied are kept for a day. */
export async function forgetOldPlans(db: Queryable, tenant: Tenant): Promise<void> {
  await db.run(
    `DELETE FROM ${tenant.schema}.iasql_plan_record
     WHERE execution_id IS NULL AND made_at < now() - interval '1 day'`,
  )
}
