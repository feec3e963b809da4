/** A stored plan as the one who applies it looked at it, and what has moved since. */
import type { JsonObject } from '#engine/model/json.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { fitting, inPages, readPages } from './paging.ts'
import { dealtWithSql, leftOutSql } from './plan-scope.ts'

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
  readonly companion: boolean
  /** By choice, or because it depends on what is; null: it is to be done. */
  readonly left_out: 'chosen' | 'dependent' | null
  /** An apply of this plan has done it, or is at it. */
  readonly is_dealt_with: boolean
}

export async function readPlanChanges(
  db: Queryable,
  tenant: Tenant,
  planId: number,
): Promise<readonly PreviewedChange[]> {
  const t = tenant.schema
  return await readPages<PreviewedChange & { readonly sort: number }>(
    db,
    `WITH RECURSIVE ${leftOutSql(t, ':plan::bigint')}, ${dealtWithSql(t, ':plan::bigint')}
    SELECT c.change_id AS sort, c.change_id, c.action, c.table_name, c.row_id, c.natural_name, c.edit_version, c.changed,
      c.companion, CASE WHEN l.by_choice THEN 'chosen' WHEN NOT l.by_choice THEN 'dependent' END AS left_out,
      (c.table_name, c.row_id) IN (SELECT d.table_name, d.row_id FROM dealt_with d) AS is_dealt_with
    FROM ${t}.iasql_change_record c LEFT JOIN left_out l USING (change_id)
    WHERE c.plan_id = :plan::bigint AND c.change_id > :after::bigint ORDER BY c.change_id LIMIT :most::int`,
    { plan: planId },
  )
}

export interface Movement {
  readonly change_id: number
  readonly table_name: string
  readonly row_id: number
  readonly natural_name: string | null
  /** What moved: the row itself, or one it refers to. */
  readonly what: string
}

/** On which rows a plan rests no more; none: it is as good as when it was made. */
export async function readMovements(
  db: Queryable,
  tenant: Tenant,
  planId: number,
): Promise<readonly Movement[]> {
  const movements: Movement[] = []
  let after = 0
  for (;;) {
    const page = await db.query<Movement>(
      fitting(`SELECT m.change_id AS sort, m.change_id, m.table_name, m.row_id, m.natural_name, m.what
        FROM ${tenant.schema}.iasql_plan_movement m
        WHERE m.plan_id = :plan::bigint AND m.change_id > :after::bigint ORDER BY m.change_id LIMIT ${movementsAtATime}`),
      { plan: planId, after },
    )
    movements.push(...page)
    if (page.length < movementsAtATime) return movements
    after = page.at(-1)?.change_id ?? after
  }
}

/** Short enough to fit one result for certain. */
const movementsAtATime = 500

export interface Adoption {
  readonly table: string
  readonly rowId: number
  readonly editVersion: number
}

/** Of these adoptions, those that somebody was shown in a preview of the row's present version: `table/row/version`. */
export async function previewedAdoptions(
  db: Queryable,
  tenant: Tenant,
  adoptions: readonly Adoption[],
): Promise<ReadonlySet<string>> {
  const shown = new Set<string>()
  const asked = adoptions.map(({ table, rowId, editVersion }) => ({
    table,
    row: rowId,
    version: editVersion,
  }))
  for (const page of inPages(asked)) {
    const rows = await db.query<{ key: string }>(
      `SELECT DISTINCT c.table_name || '/' || c.row_id || '/' || c.edit_version AS key
       FROM jsonb_to_recordset(:asked::jsonb) AS n ("table" text, "row" bigint, version bigint)
       JOIN ${tenant.schema}.iasql_change_record c
         ON c.table_name = n."table" AND c.row_id = n."row" AND c.edit_version = n.version
       JOIN ${tenant.schema}.iasql_plan_record p USING (plan_id)
       WHERE c.action = 'adopt' AND c.execution_id IS NULL AND NOT EXISTS (
         SELECT FROM ${tenant.schema}.iasql_edit e WHERE e.table_name = c.table_name AND e.row_id = c.row_id
           AND NOT pg_visible_in_snapshot(e.xid, p.snapshot))`,
      { asked: JSON.stringify(page) },
    )
    for (const { key } of rows) shown.add(key)
  }
  return shown
}
