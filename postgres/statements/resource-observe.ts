/** What a read of the cloud tells of known resources; nothing is touched that is claimed or was written meanwhile. */

import type { CloudId } from '#engine/model/cloud.ts'
import type { Json, Row } from '#engine/model/json.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { type Drift, mergedDrift } from './drift-merge.ts'
import { isOpen } from './open-change.ts'
import { inPages } from './paging.ts'
import { mergedProjection } from './resource-unprojected.ts'

export interface Observation {
  readonly resource_id: number
  readonly base: Row | null
  /** That `base` was worked out from: an apply may have agreed on another since. */
  readonly base_version: number
  /** Null: proved absent. */
  readonly observed: Row | null
  readonly companion_of: number | null
  readonly natural_name: string | null
  /** Columns for the tenant's row, or null. */
  readonly unprojected: Json
  /** What the cloud has otherwise; nothing else is. */
  readonly drift: Drift
  /** Whether the next apply is to send what the row says. */
  readonly is_edited?: boolean
}

/** The ids of the resources that took the observation. */
export async function storeObservations(
  db: Queryable,
  tenant: Tenant,
  input: {
    readonly table: string
    readonly readStarted: Date
    readonly observations: readonly Observation[]
  },
): Promise<ReadonlySet<number>> {
  const t = tenant.schema
  const taken = new Set<number>()
  for (const page of inPages(input.observations)) {
    const rows = await db.query<{ resource_id: number }>(
      `WITH n AS (
         SELECT * FROM jsonb_to_recordset(:observations::jsonb) AS n (resource_id bigint, base jsonb, base_version bigint,
           observed jsonb, companion_of bigint, natural_name text, unprojected jsonb, drift jsonb, is_edited boolean)),
       taken AS (
       UPDATE ${t}.iasql_resource r
       SET base = nullif(n.base, 'null'), observed = nullif(n.observed, 'null'), observed_at = clock_timestamp(),
         companion_of = n.companion_of, natural_name = coalesce(n.natural_name, r.natural_name),
         unprojected = ${mergedProjection('r.unprojected', "nullif(n.unprojected, 'null')")},
         drift = ${mergedDrift('r.drift', 'n.drift')}
       FROM n
       WHERE r.resource_id = n.resource_id AND r.base_version = n.base_version
         AND (r.written_at IS NULL OR r.written_at < :readStarted::timestamptz)
         AND NOT EXISTS (SELECT FROM ${t}.iasql_change_record c
           WHERE c.table_name = :table AND c.row_id = r.row_id AND c.execution_id IS NOT NULL
             AND ${isOpen('c')})
       RETURNING r.resource_id, r.row_id, n.is_edited),
       edited AS (
         INSERT INTO ${t}.iasql_edit (table_name, row_id, op, login)
         SELECT :table, row_id, CAST('U' AS "char"), 'iasql' FROM taken WHERE is_edited)
       SELECT resource_id FROM taken`,
      {
        table: input.table,
        readStarted: input.readStarted.toISOString(),
        observations: JSON.stringify(page),
      },
    )
    for (const row of rows) taken.add(row.resource_id)
  }
  return taken
}

export interface Binding {
  readonly row_id: number
  readonly natural_name: string | null
  readonly cloud_id: CloudId
  readonly base: Row
  readonly unprojected: Json
}

/** Rows of ours that stood before the cloud was read become known by their cloud id; the ids of those that nobody held or took away. */
export async function bindRows(
  db: Queryable,
  tenant: Tenant,
  input: {
    readonly table: string
    readonly accountId: string | null
    readonly region: string | null
    readonly bindings: readonly Binding[]
  },
): Promise<ReadonlySet<number>> {
  const bound = new Set<number>()
  for (const page of inPages(input.bindings)) {
    const rows = await db.query<{ row_id: number }>(
      `INSERT INTO ${tenant.schema}.iasql_resource (table_name, row_id, account_id, region, natural_name, cloud_id,
         base, observed, observed_at, unprojected)
       SELECT :table, row_id, :account::text, :region::text, natural_name, cloud_id, base, base, clock_timestamp(),
         nullif(unprojected, 'null')
       FROM (SELECT b.* FROM jsonb_to_recordset(:bindings::jsonb)
           AS b (row_id bigint, natural_name text, cloud_id jsonb, base jsonb, unprojected jsonb)
         JOIN ${tenant.schema}."${input.table}" l ON l.id = b.row_id FOR NO KEY UPDATE OF l SKIP LOCKED) q
       ON CONFLICT DO NOTHING RETURNING row_id`,
      {
        table: input.table,
        account: input.accountId,
        region: input.region,
        bindings: JSON.stringify(page),
      },
    )
    for (const row of rows) bound.add(row.row_id)
  }
  return bound
}

export interface OpenCreates {
  /** An apply is at it. */
  readonly isMaking: boolean
  /** Rows, a few of them, for which something may have been made: nobody has found out yet. */
  readonly unanswered: readonly number[]
}

/** What of this kind is being made there, or may have been: what a list shows may be just that. */
export async function openCreates(
  db: Queryable,
  tenant: Tenant,
  at: { readonly table: string; readonly accountId: string | null; readonly region: string | null },
): Promise<OpenCreates> {
  const t = tenant.schema
  const isThere =
    'account_id IS NOT DISTINCT FROM :account::text AND region IS NOT DISTINCT FROM :region::text'
  const rows = await db.query<{ row_id: number | null }>(
    `SELECT NULL::bigint AS row_id WHERE EXISTS (SELECT FROM ${t}.iasql_change_record
       WHERE table_name = :table AND action IN ('create', 'replace') AND execution_id IS NOT NULL
         AND state IN ('started', 'waiting') AND ${isThere})
     UNION ALL
     (SELECT row_id FROM ${t}.iasql_intent
       WHERE table_name = :table AND token IS NOT NULL AND candidates IS NULL AND ${isThere} ORDER BY row_id LIMIT 5)`,
    { table: at.table, account: at.accountId, region: at.region },
  )
  return {
    isMaking: rows.some(({ row_id: rowId }) => rowId === null),
    unanswered: rows.flatMap(({ row_id: rowId }) => rowId ?? []),
  }
}
