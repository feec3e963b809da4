/** Where a resource to be adopted is looked for: only places that a sync reads too. */
import type { RowPlace } from '#engine/plan/resource.ts'
import type { ResourceType } from '#modules/kit/index.ts'
import type { Queryable } from '#postgres/database.ts'
import { accountsAndRegions } from '#postgres/statements/place-list.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { nearest } from '../rpc/nearest.ts'
import { refusal } from '../rpc/refusal.ts'

export interface GivenPlace {
  readonly region: string | null
  readonly accountId: string | null
}

export async function adoptPlace(
  db: Queryable,
  tenant: Tenant,
  type: ResourceType,
  { region, accountId }: GivenPlace,
): Promise<RowPlace> {
  const { accounts, regions } = await accountsAndRegions(db, tenant)
  if (region !== null && type.place !== 'regional') {
    throw refusal('22023', `${type.name} is of no region`, 'Leave the region out.')
  }
  if (accountId !== null && !accounts.includes(accountId)) {
    const message = `account ${accountId} is not linked${nearest(accountId, accounts)}`
    throw refusal('22023', message, 'SELECT account_id FROM aws_accounts lists the linked ones.')
  }
  if (region !== null && !regions.includes(region)) {
    const enable = `UPDATE aws_regions SET is_enabled = true WHERE region = '${region.replaceAll("'", "''")}'`
    const message = `region ${region} is not enabled${nearest(region, regions)}`
    throw refusal('22023', message, `Enable it first: ${enable}.`)
  }
  return {
    accountId: type.place === 'tenant' ? null : (accountId ?? accounts[0] ?? null),
    region: type.place === 'regional' ? (region ?? regions[0] ?? null) : null,
  }
}
