/** What executions have deleted lately: a read of the cloud that began before, or that lags, shows it still. */
import type { CloudId } from '#engine/model/cloud.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { inPages } from './paging.ts'

interface Asked {
  readonly table: string
  readonly accountId: string | null
  readonly region: string | null
  readonly ids: readonly CloudId[]
  readonly since: Date
}

/** Of these ids those whose resource was deleted, or replaced, since then; also of a replacement that has only lost its old one. */
export async function deletedSince(
  db: Queryable,
  { schema: t }: Tenant,
  { table, accountId: account, region, ids, since }: Asked,
): Promise<readonly CloudId[]> {
  const deleted: CloudId[] = []
  for (const page of inPages(ids)) {
    const rows = await db.query<{ cloud_id: CloudId }>(
      `WITH gone AS MATERIALIZED (
         SELECT c.planned->'cloudId' AS cloud_id, coalesce(c.planned->'cloudPlace', c.planned->'place') AS place
         FROM ${t}.iasql_execution_record x JOIN ${t}.iasql_change_record c USING (execution_id)
         WHERE coalesce(x.ended_at >= :since::timestamptz, true) AND c.table_name = :table
           AND coalesce(c.ended_at >= :since::timestamptz, true)
           AND (c.action IN ('delete', 'replace') AND c.state = 'done'
             OR c.action = 'replace' AND c.steps @> '[{"step": {"kind": "delete"}, "state": "done"}]'))
       SELECT DISTINCT cloud_id FROM gone JOIN jsonb_array_elements(:ids::jsonb) AS n (cloud_id) USING (cloud_id)
       WHERE place->>'accountId' IS NOT DISTINCT FROM :account::text
         AND place->>'region' IS NOT DISTINCT FROM :region::text`,
      { table, account, region, since: since.toISOString(), ids: JSON.stringify(page) },
    )
    deleted.push(...rows.map(({ cloud_id: id }) => id))
  }
  return deleted
}
