/** What AWS made along with a resource, as it is recorded. */
import type { CloudId } from '#engine/model/cloud.ts'
import type { Row } from '#engine/model/json.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { inPages } from './paging.ts'

export interface CompanionRecord {
  readonly resource_id: number
  readonly table_name: string
  readonly row_id: number
  readonly cloud_id: CloudId
  readonly base: Row | null
}

export async function readCompanions(
  db: Queryable,
  tenant: Tenant,
  parentId: number,
): Promise<readonly CompanionRecord[]> {
  return await db.query<CompanionRecord>(
    `SELECT resource_id, table_name, row_id, cloud_id, base FROM ${tenant.schema}.iasql_resource
     WHERE companion_of = :parent::bigint ORDER BY resource_id`,
    { parent: parentId },
  )
}

export interface Rebinding {
  readonly resource_id: number
  readonly cloud_id: CloudId
  readonly row: Row
}

/** The parent was replaced: its companions' rows stay, and stand for the new ones. */
export async function rebindCompanions(
  db: Queryable,
  tenant: Tenant,
  rebindings: readonly Rebinding[],
): Promise<void> {
  for (const page of inPages(rebindings)) {
    await db.run(
      `UPDATE ${tenant.schema}.iasql_resource r
       SET cloud_id = n.cloud_id, base = n.row, observed = n.row, observed_at = clock_timestamp(),
         unprojected = jsonb_build_object('write', n.row, 'expected', coalesce(r.base, '{}'))
       FROM jsonb_to_recordset(:rebindings::jsonb) AS n (resource_id bigint, cloud_id jsonb, row jsonb)
       WHERE r.resource_id = n.resource_id`,
      { rebindings: JSON.stringify(page) },
    )
  }
}
