/** The engine's records of resources as they were before a commit that is taken back. */
import type { Row } from '#engine/model/json.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { inPages } from './paging.ts'
import type { Image } from './transaction-image.ts'

export interface RestoredResource {
  readonly table_name: string
  readonly row_id: number
  /** As it was; null: there was none. */
  readonly resource: Image['resource']
  /** What was agreed on in these columns; the rest of the record stays as it is. Null: all of it is as it was. */
  readonly base: Row | null
}

/** The engine's records are as they were. */
export async function restoreResources(
  transaction: Queryable,
  { schema: t }: Tenant,
  rows: readonly RestoredResource[],
): Promise<void> {
  for (const page of inPages(rows)) {
    const given = { rows: JSON.stringify(page) }
    const recordset =
      'jsonb_to_recordset(:rows::jsonb) AS r (table_name text, row_id bigint, resource jsonb, base jsonb)'
    const isPart = `jsonb_typeof(r.base) = 'object'`
    await transaction.run(
      `UPDATE ${t}.iasql_resource k SET base = k.base || r.base, drift = nullif(r.resource->'drift', 'null')
       FROM ${recordset}
       WHERE ${isPart} AND k.base IS NOT NULL AND k.table_name = r.table_name AND k.row_id = r.row_id`,
      given,
    )
    await transaction.run(
      `DELETE FROM ${t}.iasql_resource k USING ${recordset}
       WHERE ${isPart} IS NOT TRUE AND k.table_name = r.table_name AND k.row_id = r.row_id`,
      given,
    )
    await transaction.run(
      `INSERT INTO ${t}.iasql_resource OVERRIDING SYSTEM VALUE
       SELECT p.* FROM ${recordset}
       CROSS JOIN LATERAL jsonb_populate_record(NULL::${t}.iasql_resource, r.resource) p
       WHERE ${isPart} IS NOT TRUE AND jsonb_typeof(r.resource) = 'object'`,
      given,
    )
  }
}
