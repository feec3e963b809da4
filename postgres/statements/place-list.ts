/** The linked accounts and the enabled regions of a tenant. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

export async function accountsAndRegions(
  db: Queryable,
  tenant: Tenant,
): Promise<{ readonly accounts: readonly string[]; readonly regions: readonly string[] }> {
  const accounts = await db.query<{ account_id: string }>(
    `SELECT account_id FROM ${tenant.schema}.aws_accounts ORDER BY is_default DESC, account_id`,
  )
  const regions = await db.query<{ region: string }>(
    `SELECT region FROM ${tenant.schema}.aws_regions WHERE is_enabled ORDER BY is_default DESC, region`,
  )
  return {
    accounts: accounts.map((row) => row.account_id),
    regions: regions.map((row) => row.region),
  }
}
