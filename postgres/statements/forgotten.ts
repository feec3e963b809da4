/** What users asked to be left alone: remembered, so that a sync does not bring it back. */
import type { CloudId } from '#engine/model/cloud.ts'
import type { RowPlace } from '#engine/plan/resource.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { inPages } from './paging.ts'

const isThere = (alias: string): string =>
  `${alias}.table_name = :table AND ${alias}.account_id IS NOT DISTINCT FROM :account::text
   AND ${alias}.region IS NOT DISTINCT FROM :region::text`

const parameters = (table: string, place: RowPlace) => ({
  table,
  account: place.accountId,
  region: place.region,
})

/** Of one kind at one place. */
export async function readForgotten(
  db: Queryable,
  tenant: Tenant,
  table: string,
  place: RowPlace,
): Promise<readonly CloudId[]> {
  const ids: CloudId[] = []
  for (;;) {
    const last = ids.at(-1)
    const page = await db.query<{ cloud_id: CloudId }>(
      `SELECT cloud_id FROM ${tenant.schema}.iasql_forgotten f
       WHERE ${isThere('f')} AND (:after::jsonb IS NULL OR cloud_id > :after::jsonb) ORDER BY cloud_id LIMIT 2000`,
      { ...parameters(table, place), after: last ? JSON.stringify(last) : null },
    )
    ids.push(...page.map((row) => row.cloud_id))
    if (page.length < 2_000) return ids
  }
}

/** Those that the cloud has lost: what is forgotten after `before` was not known when that was found out. */
export async function dropForgotten(
  db: Queryable,
  tenant: Tenant,
  { type, place }: { readonly type: { readonly name: string }; readonly place: RowPlace },
  { ids, before }: { readonly ids: readonly CloudId[]; readonly before: Date },
): Promise<void> {
  for (const page of inPages(ids)) {
    await db.run(
      `DELETE FROM ${tenant.schema}.iasql_forgotten f USING jsonb_array_elements(:ids::jsonb) AS n (cloud_id)
       WHERE f.cloud_id = n.cloud_id AND ${isThere('f')} AND f.forgotten_at < :before::timestamptz`,
      { ...parameters(type.name, place), before: before.toISOString(), ids: JSON.stringify(page) },
    )
  }
}
