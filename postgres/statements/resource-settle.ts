/** Edits that need no call: the base follows, the edits are consumed, the row is corrected afterwards. */
import type { Json, Row } from '#engine/model/json.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { type Drift, mergedDrift } from './drift-merge.ts'
import { inPages } from './paging.ts'
import { mergedProjection } from './resource-unprojected.ts'

export interface SettledResource {
  readonly table_name: string
  readonly row_id: number
  readonly edit_version: number
  /** Of the cloud's state that `base` was worked out from: a sync may have brought another since. */
  readonly observed_version: number | null
  /** Null: nothing was ever sent, nothing is remembered. */
  readonly base: Row | null
  readonly unprojected: Json
  /** What the cloud still has otherwise. */
  readonly drift: Drift
}

/**
 * `snapshot`: of the plan that settles them; an edit that was committed later stays, whatever its id. So do those of a row
 * whose resource has moved since: the next plan settles them.
 */
export async function settleResources(
  db: Queryable,
  tenant: Tenant,
  settled: readonly SettledResource[],
  snapshot: string,
): Promise<void> {
  const t = tenant.schema
  for (const page of inPages(settled)) {
    await db.run(
      `WITH s AS (SELECT * FROM jsonb_to_recordset(:settled::jsonb)
         AS s (table_name text, row_id bigint, edit_version bigint, observed_version bigint, base jsonb, unprojected jsonb, drift jsonb)
         WHERE NOT EXISTS (SELECT FROM ${t}.iasql_resource r
           WHERE r.table_name = s.table_name AND r.row_id = s.row_id AND r.observed_version <> s.observed_version)),
       based AS (
         UPDATE ${t}.iasql_resource r SET base = s.base, base_version = s.edit_version,
           unprojected = ${mergedProjection('r.unprojected', "nullif(s.unprojected, 'null')")},
           drift = ${mergedDrift('r.drift', 's.drift')}
         FROM s WHERE r.table_name = s.table_name AND r.row_id = s.row_id AND nullif(s.base, 'null') IS NOT NULL
           AND r.base_version <= s.edit_version),
       forgotten AS (
         DELETE FROM ${t}.iasql_resource r USING s WHERE r.table_name = s.table_name AND r.row_id = s.row_id
           AND nullif(s.base, 'null') IS NULL AND r.base IS NULL AND r.cloud_id IS NULL)
       DELETE FROM ${t}.iasql_edit e USING s
       WHERE e.table_name = s.table_name AND e.row_id = s.row_id AND e.edit_id <= s.edit_version
         AND pg_visible_in_snapshot(e.xid, :snapshot::pg_snapshot)`,
      { settled: JSON.stringify(page), snapshot },
    )
  }
}
