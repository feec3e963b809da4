/** Outcomes after calls: what came of a change, what the cloud has now, which edits are thereby done; one commit. */
import type { CloudId } from '#engine/model/cloud.ts'
import type { Json, Row } from '#engine/model/json.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { type Fence, isFenced } from './change-intent.ts'
import { type Drift, mergedDrift } from './drift-merge.ts'
import { closed } from './intent-close.ts'
import { jsonPages } from './paging.ts'
import { orphansSql } from './resource-orphan.ts'
import { mergedProjection } from './resource-unprojected.ts'

export interface Outcome {
  readonly change_id: number
  readonly state: string
  readonly steps: Json
  readonly cloud_id: CloudId | null
  readonly error: Json
  readonly waiting: Json
  readonly is_ended: boolean
  readonly table_name: string
  readonly row_id: number
  /** `keep`: the resource becomes as given; `remove`: it is gone for good; `none`: it stays as it was. */
  readonly resource: 'keep' | 'remove' | 'none'
  readonly account_id: string | null
  readonly region: string | null
  readonly natural_name: string
  readonly base: Row | null
  readonly base_version: number
  readonly observed: Row | null
  readonly resource_cloud_id: CloudId | null
  /** The parent that AWS makes such along with, as it was read; `{}`: none, null: nobody has looked. */
  readonly companion: { readonly table_name?: string; readonly cloud_id?: CloudId } | null
  /** Written, and not read since. */
  readonly is_unread: boolean
  readonly unprojected: Json
  /** What the cloud still has otherwise; null: as it was noted before. */
  readonly drift: Drift | null
  /** Edits up to here that the plan could see are consumed; 0: none. */
  readonly consumed: number
  /** What became of the row's create is known: the next one is another attempt, under another token. */
  readonly is_settled: boolean
  /** The old half of a replacement that still stands, or null. */
  readonly orphan: Json
  /** What the expressions of the row stood for when it was sent: an edit because of another value stays. */
  readonly stood_for: Json
}

const recordset = `jsonb_to_recordset(:outcomes::jsonb) AS o (change_id bigint, state text, steps jsonb, cloud_id jsonb,
  error jsonb, waiting jsonb, is_ended boolean, table_name text, row_id bigint, resource text, account_id text,
  region text, natural_name text, base jsonb, base_version bigint, observed jsonb, resource_cloud_id jsonb, companion jsonb, is_unread boolean,
  unprojected jsonb, drift jsonb, consumed bigint, is_settled boolean, orphan jsonb,
  stood_for jsonb)`

/** SQL that holds when something that the row refers to is known to be another by now than what was sent. */
const isOutdated = (t: string): string =>
  `EXISTS (SELECT FROM jsonb_to_recordset(o.stood_for) v (table_name text, row_id bigint, column_name text, value jsonb)
     JOIN ${t}.iasql_resource r USING (table_name, row_id)
     WHERE coalesce(r.observed, r.base) ? v.column_name
       AND coalesce(r.observed, r.base) -> v.column_name <> coalesce(v.value, 'null'))`

export async function storeOutcomes(
  db: Queryable,
  tenant: Tenant,
  { executionId, fence }: Fence,
  outcomes: readonly Outcome[],
): Promise<number> {
  const t = tenant.schema
  let stored = 0
  for (const { json, count } of jsonPages(outcomes)) {
    stored += await db.run(
      // The limit tells the planner how few they are: a look into an index for each, not a scan of all edits.
      `WITH o AS (SELECT * FROM ${recordset} WHERE ${isFenced(t)} LIMIT :count::int),
       kept AS (
         INSERT INTO ${t}.iasql_resource AS r (table_name, row_id, account_id, region, natural_name, cloud_id, base,
           base_version, observed, observed_at, written_at, unprojected, unread, drift, companion_of)
         SELECT o.table_name, o.row_id, o.account_id, o.region, nullif(o.natural_name, ''), nullif(o.resource_cloud_id, 'null'),
           nullif(o.base, 'null'), o.base_version, nullif(o.observed, 'null'), clock_timestamp(), clock_timestamp(),
           nullif(o.unprojected, 'null'), o.is_unread, ${mergedDrift('noted.drift', 'o.drift')},
           CASE WHEN nullif(o.companion, 'null') IS NULL THEN noted.companion_of
             ELSE (SELECT p.resource_id FROM ${t}.iasql_resource p WHERE p.table_name = o.companion->>'table_name'
               AND p.cloud_id = o.companion->'cloud_id' AND p.account_id IS NOT DISTINCT FROM o.account_id
               AND p.region IS NOT DISTINCT FROM o.region) END
         FROM o LEFT JOIN ${t}.iasql_resource noted USING (table_name, row_id) WHERE o.resource = 'keep'
         ON CONFLICT (table_name, row_id) DO UPDATE SET account_id = excluded.account_id, region = excluded.region,
           natural_name = excluded.natural_name, cloud_id = excluded.cloud_id, base = excluded.base,
           base_version = excluded.base_version, observed = excluded.observed, observed_at = excluded.observed_at,
           written_at = excluded.written_at, unprojected = ${mergedProjection('r.unprojected', 'excluded.unprojected')},
           unread = excluded.unread, drift = excluded.drift, companion_of = excluded.companion_of),
       removed AS (
         DELETE FROM ${t}.iasql_resource r USING o
         WHERE o.resource = 'remove' AND r.table_name = o.table_name AND r.row_id = o.row_id),
       consumed AS (
         DELETE FROM ${t}.iasql_edit e USING o, ${t}.iasql_change_record c, ${t}.iasql_plan_record p
         WHERE c.change_id = o.change_id AND p.plan_id = c.plan_id AND e.table_name = o.table_name AND e.row_id = o.row_id
           AND (e.edit_id <= o.consumed AND pg_visible_in_snapshot(e.xid, p.snapshot) OR (o.state = 'done' AND e.login = 'iasql' AND e.at < c.called_at
             AND NOT ${isOutdated(t)}))),
       settled AS (
         UPDATE ${t}.iasql_intent i SET ${closed}
         FROM o WHERE o.is_settled AND i.table_name = o.table_name AND i.row_id = o.row_id),
       ${orphansSql(t, "SELECT table_name, orphan FROM o WHERE jsonb_typeof(orphan) = 'object'")}
       UPDATE ${t}.iasql_change_record c
       SET state = o.state, steps = o.steps, cloud_id = nullif(o.cloud_id, 'null'), error = coalesce(nullif(o.error, 'null'), c.error),
         waiting = nullif(o.waiting, 'null'), ended_at = CASE WHEN o.is_ended THEN clock_timestamp() END
       FROM o WHERE c.change_id = o.change_id`,
      { execution: executionId, fence, outcomes: json, count },
    )
  }
  return stored
}
