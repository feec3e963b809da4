/** Which records are of resources that are not ours, as the latest reading of their place tells. */
import type { CloudId } from '#engine/model/cloud.ts'
import type { Row } from '#engine/model/json.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { inPages, readPages } from './paging.ts'

export interface Ownership {
  readonly resource_id: number
  readonly external: boolean
  /** Whether a list of its place shows it, not only a reference. */
  readonly listed: boolean
}

export async function storeOwnership(
  db: Queryable,
  tenant: Tenant,
  known: readonly Ownership[],
): Promise<void> {
  for (const page of inPages(known)) {
    await db.run(
      `UPDATE ${tenant.schema}.iasql_resource r SET external = n.external, listed = n.listed
       FROM jsonb_to_recordset(:known::jsonb) AS n (resource_id bigint, external boolean, listed boolean)
       WHERE r.resource_id = n.resource_id AND (r.external, r.listed) IS DISTINCT FROM (n.external, n.listed)`,
      { known: JSON.stringify(page) },
    )
  }
}

export interface ReferredResource {
  readonly row_id: number
  readonly cloud_id: CloudId
  readonly base: Row
}

/** Tables with rows that stand only because something refers, or referred, to them. */
export async function tablesReferredOnly(db: Queryable, { schema: t }: Tenant): Promise<ReadonlySet<string>> {
  const tables = await db.query<{ table_name: string }>(
    `SELECT DISTINCT table_name FROM ${t}.iasql_resource WHERE external AND NOT listed`,
  )
  return new Set(tables.map(({ table_name: table }) => table))
}

/** Those of one table. */
export async function referredOnly(
  db: Queryable,
  tenant: Tenant,
  table: string,
): Promise<readonly ReferredResource[]> {
  return await readPages<ReferredResource & { readonly sort: number }>(
    db,
    `SELECT resource_id AS sort, row_id, cloud_id, coalesce(base, '{}') AS base
     FROM ${tenant.schema}.iasql_resource
     WHERE external AND NOT listed AND table_name = :table AND resource_id > :after::bigint
     ORDER BY resource_id LIMIT :most::int`,
    { table },
  )
}
