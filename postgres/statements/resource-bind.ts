/** A row that asks for what the cloud has already gets a record of it; its edits stand. */
import type { CloudId } from '#engine/model/cloud.ts'
import type { Json, Row } from '#engine/model/json.ts'
import type { RowPlace } from '#engine/plan/resource.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { shortWaits } from './short-waits.ts'

export interface BoundRow {
  readonly table: string
  readonly rowId: number
  readonly place: RowPlace
  readonly cloudId: CloudId
  readonly naturalName: string | null
  readonly companionOf: number | null
  readonly base: Row
  readonly observed: Row
  /** What the row takes over from the cloud. */
  readonly unprojected: Json
}

/** False: the row has gone, or the row or the resource has a record meanwhile. A row that a transaction holds is an error 55P03. */
export async function bindRow(db: Queryable, tenant: Tenant, bound: BoundRow): Promise<boolean> {
  const changed = await db.run(
    `INSERT INTO ${tenant.schema}.iasql_resource (table_name, row_id, account_id, region, natural_name, cloud_id, base,
       observed, observed_at, companion_of, unprojected)
     SELECT :table, q.id, :account::text, :region::text, :name::text, :cloudId::jsonb, :base::jsonb,
       :observed::jsonb, clock_timestamp(), :companionOf::bigint, :unprojected::jsonb
     FROM (SELECT id FROM ${tenant.schema}."${bound.table}" l, ${shortWaits} WHERE l.id = :row::bigint
       FOR NO KEY UPDATE OF l) q
     ON CONFLICT DO NOTHING`,
    {
      table: bound.table,
      row: bound.rowId,
      account: bound.place.accountId,
      region: bound.place.region,
      name: bound.naturalName,
      cloudId: JSON.stringify(bound.cloudId),
      base: JSON.stringify(bound.base),
      observed: JSON.stringify(bound.observed),
      companionOf: bound.companionOf,
      unprojected: JSON.stringify(bound.unprojected),
    },
  )
  return changed > 0
}
