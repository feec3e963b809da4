/** What a replacement left standing gets a record of its own and a pending deletion, so that the next plan shows it. */
import type { CloudId } from '#engine/model/cloud.ts'
import type { Row } from '#engine/model/json.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

export interface Orphan {
  readonly table: string
  readonly accountId: string | null
  readonly region: string | null
  readonly naturalName: string
  readonly cloudId: CloudId
  readonly base: Row
}

export async function recordOrphan(db: Queryable, tenant: Tenant, orphan: Orphan): Promise<void> {
  const t = tenant.schema
  await db.run(
    `WITH made AS (
       INSERT INTO ${t}.iasql_resource (table_name, row_id, account_id, region, natural_name, cloud_id, base, observed)
       VALUES (:table, nextval(pg_get_serial_sequence('${t}."${orphan.table}"', 'id')), :account::text, :region::text,
         :name, :cloudId::jsonb, :base::jsonb, :base::jsonb)
       RETURNING table_name, row_id)
     INSERT INTO ${t}.iasql_edit (table_name, row_id, op) SELECT table_name, row_id, 'D' FROM made`,
    {
      table: orphan.table,
      account: orphan.accountId,
      region: orphan.region,
      name: orphan.naturalName,
      cloudId: JSON.stringify(orphan.cloudId),
      base: JSON.stringify(orphan.base),
    },
  )
}
