/** Finds rows by what the cloud calls them. */
import type { CloudId } from '#engine/model/cloud.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { inPages } from './paging.ts'

export interface CloudName {
  readonly table_name: string
  readonly cloud_id: CloudId
}

export interface FoundResource extends CloudName {
  readonly row_id: number
  readonly resource_id: number
  readonly account_id: string | null
  readonly region: string | null
  readonly natural_name: string | null
}

export async function findResources(
  db: Queryable,
  tenant: Tenant,
  names: readonly CloudName[],
): Promise<readonly FoundResource[]> {
  const found: FoundResource[] = []
  for (const page of inPages(names)) {
    found.push(
      ...(await db.query<FoundResource>(
        `SELECT r.table_name, r.cloud_id, r.row_id, r.resource_id, r.account_id, r.region, r.natural_name
         FROM ${tenant.schema}.iasql_resource r
         JOIN jsonb_to_recordset(:names::jsonb) AS n (table_name text, cloud_id jsonb) USING (table_name, cloud_id)`,
        { names: JSON.stringify(page) },
      )),
    )
  }
  return found
}
