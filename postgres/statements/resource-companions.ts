/** What AWS made along with a resource, as it is recorded. */
import type { CloudId } from '#engine/model/cloud.ts'
import type { Row } from '#engine/model/json.ts'
import type { RowPlace } from '#engine/plan/resource.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { inPages } from './paging.ts'

export interface CompanionRecord {
  readonly resource_id: number
  readonly table_name: string
  readonly row_id: number
  /** Null: AWS is still to make it. */
  readonly cloud_id: CloudId | null
  /** What was agreed on; of what is still to be made, what its row says. */
  readonly base: Row | null
}

export async function readCompanions(
  db: Queryable,
  tenant: Tenant,
  parentId: number,
): Promise<readonly CompanionRecord[]> {
  const t = tenant.schema
  return await db.query<CompanionRecord>(
    `SELECT resource_id, table_name, row_id, cloud_id,
       CASE WHEN cloud_id IS NULL THEN ${t}.iasql_managed_row(table_name, row_id) ELSE base END AS base
     FROM ${t}.iasql_resource WHERE companion_of = :parent::bigint ORDER BY resource_id`,
    { parent: parentId },
  )
}

/** What of a kind belongs to a parent by its reference column, however it was made. */
export async function readBelow(
  db: Queryable,
  tenant: Tenant,
  below: {
    readonly parent: string
    readonly cloudId: CloudId
    readonly place: RowPlace
    readonly table: string
    readonly via: string
  },
): Promise<readonly { readonly cloud_id: CloudId }[]> {
  const t = tenant.schema
  return await db.query<{ cloud_id: CloudId }>(
    `SELECT c.cloud_id FROM ${t}.iasql_resource p
       JOIN ${t}."${below.table}" q ON q."${below.via}" = p.row_id
       JOIN ${t}.iasql_resource c ON c.table_name = :table AND c.row_id = q.id
     WHERE p.table_name = :parent AND p.cloud_id = :cloudId::jsonb AND c.cloud_id IS NOT NULL AND NOT c.external
       AND p.account_id IS NOT DISTINCT FROM :account::text AND p.region IS NOT DISTINCT FROM :region::text
     ORDER BY c.resource_id LIMIT 5000`,
    {
      parent: below.parent,
      table: below.table,
      cloudId: JSON.stringify(below.cloudId),
      account: below.place.accountId,
      region: below.place.region,
    },
  )
}

export interface Rebinding {
  readonly resource_id: number
  readonly cloud_id: CloudId
  readonly row: Row
  /** What the tenant's row says where nothing was agreed on yet. */
  readonly before: Row | null
  readonly naturalName: string | null
  /** Columns whose values in the tenant's row stay, as edits. */
  readonly kept: readonly string[]
  /** Columns that the tenant's row says already, perhaps in other words. */
  readonly alike: readonly string[]
}

/**
 * The parent was replaced: its companions' rows stay, and stand for the new ones. What they keep, the execution given has
 * to do as soon as it is done with what it has planned.
 */
export async function rebindCompanions(
  db: Queryable,
  { schema: t }: Tenant,
  rebindings: readonly Rebinding[],
  executionId: number | null,
): Promise<void> {
  for (const page of inPages(rebindings)) {
    await db.run(
      `WITH bound AS (
         UPDATE ${t}.iasql_resource r
         SET cloud_id = n.cloud_id, base = n.row, observed = n.row, observed_at = clock_timestamp(), drift = NULL,
           natural_name = n."naturalName",
           unprojected = jsonb_build_object('write', n.row - n.kept - n.alike, 'expected', coalesce(r.base, nullif(n.before, 'null'), '{}'))
         FROM jsonb_to_recordset(:rebindings::jsonb) AS n (resource_id bigint, cloud_id jsonb, row jsonb, before jsonb,
           kept text[], alike text[], "naturalName" text)
         WHERE r.resource_id = n.resource_id RETURNING r.table_name, r.row_id, cardinality(n.kept) > 0 AS is_edited),
       edited AS (
         INSERT INTO ${t}.iasql_edit (table_name, row_id, op, login)
         SELECT table_name, row_id, CAST('U' AS "char"), 'iasql' FROM bound WHERE is_edited)
       INSERT INTO ${t}.iasql_execution_held (execution_id, table_name, row_id)
       SELECT :execution::bigint, table_name, row_id FROM bound WHERE is_edited AND :execution::bigint IS NOT NULL
       ON CONFLICT DO NOTHING`,
      { rebindings: JSON.stringify(page), execution: executionId },
    )
  }
}
