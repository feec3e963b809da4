/** What AWS made again along with a parent though users had taken it away: it gets a record, and a pending deletion. */
import type { TableSpec } from '#engine/model/table.ts'
import type { RowPlace } from '#engine/plan/resource.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { inPages } from './paging.ts'
import type { ImportedRow } from './resource-import.ts'
import { orphansSql } from './resource-orphan.ts'

interface Unwanted {
  readonly type: TableSpec
  readonly place: RowPlace
  readonly rows: readonly ImportedRow[]
  /** The apply that ends them as soon as it is done with what it has planned; null: the next one does. */
  readonly executionId: number | null
}

/** Without what a record stands for already, and without what some row asks for. */
export async function endUnwanted(
  db: Queryable,
  { schema: t }: Tenant,
  { type, place, rows, executionId }: Unwanted,
): Promise<void> {
  const isSame = type.naturalKey.map((name) => `q."${name}" IS NOT DISTINCT FROM p."${name}"`).join(' AND ')
  const isPlace =
    'r.account_id IS NOT DISTINCT FROM :account::text AND r.region IS NOT DISTINCT FROM :region::text'
  for (const page of inPages(rows)) {
    await db.run(
      `WITH made AS (
         SELECT jsonb_build_object('account_id', :account::text, 'region', :region::text, 'cloud_id', value->'cloudId',
           'natural_name', value->'naturalName', 'base', value->'row') AS orphan
         FROM jsonb_array_elements(:rows::jsonb)
         CROSS JOIN LATERAL jsonb_populate_record(NULL::${t}."${type.name}", value->'row') p
         WHERE NOT EXISTS (SELECT FROM ${t}.iasql_resource r
             WHERE r.table_name = :table AND r.cloud_id = value->'cloudId' AND ${isPlace})
           AND NOT EXISTS (SELECT FROM ${t}."${type.name}" q WHERE ${isSame})),
       ${orphansSql(t, 'SELECT :table::text AS table_name, orphan FROM made')}
       INSERT INTO ${t}.iasql_execution_held (execution_id, table_name, row_id)
       SELECT :execution::bigint, table_name, row_id FROM orphaned WHERE :execution::bigint IS NOT NULL
       ON CONFLICT DO NOTHING`,
      {
        table: type.name,
        account: place.accountId,
        region: place.region,
        rows: JSON.stringify(page),
        execution: executionId,
      },
    )
  }
}
