/** The first region of a tenant, and its account where it has one from the start, known before anything was read. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

/** Does nothing for a tenant that has a default already. */
export async function insertPlaces(
  db: Queryable,
  tenant: Tenant,
  place: { readonly accountId: string | null; readonly region: string },
): Promise<void> {
  const t = tenant.schema
  const record = (table: string, key: string): string =>
    `INSERT INTO ${t}.iasql_resource (table_name, row_id, natural_name, cloud_id, base, observed)
     SELECT '${table}', id, :value, jsonb_build_object('${key}', :value), ROW_BASE, ROW_BASE FROM made`
  if (place.accountId !== null)
    await db.run(
      `WITH made AS (
       INSERT INTO ${t}.aws_accounts (account_id, is_default)
       SELECT :value, true WHERE NOT EXISTS (SELECT FROM ${t}.aws_accounts) RETURNING id)
     ${record('aws_accounts', 'account_id').replaceAll('ROW_BASE', "'{}'::jsonb")}`,
      { value: place.accountId },
    )
  await db.run(
    `WITH made AS (
       INSERT INTO ${t}.aws_regions (region, is_default, is_enabled)
       SELECT :value, true, true WHERE NOT EXISTS (SELECT FROM ${t}.aws_regions) RETURNING id)
     ${record('aws_regions', 'region').replaceAll('ROW_BASE', "jsonb_build_object('region', :value)")}`,
    { value: place.region },
  )
}
