/** Where a tenant's resources are looked for: its accounts times its enabled regions. */
import type { Place } from '#engine/model/cloud.ts'
import type { RowPlace } from '#engine/plan/resource.ts'
import type { Queryable } from '#postgres/database.ts'
import { accountsAndRegions } from '#postgres/statements/place-list.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { Ports } from '../ports.ts'

/** Account and region to call for a row; types without a region are asked for at the default region. */
export const placeOf = (ports: Ports, place: RowPlace | undefined): Place => ({
  accountId: place?.accountId ?? ports.defaults.accountId,
  region: place?.region ?? ports.defaults.region,
})

export interface TenantPlaces {
  readonly tenant: RowPlace
  readonly accounts: readonly RowPlace[]
  readonly regions: readonly RowPlace[]
}

export async function tenantPlaces(db: Queryable, tenant: Tenant): Promise<TenantPlaces> {
  const { accounts, regions } = await accountsAndRegions(db, tenant)
  return {
    tenant: { accountId: null, region: null },
    accounts: accounts.map((accountId) => ({ accountId, region: null })),
    regions: accounts.flatMap((accountId) => regions.map((region) => ({ accountId, region }))),
  }
}
