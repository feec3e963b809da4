/** What is in the directory and in a cell made equal again: a crash may have come between the two. */
import { dropStaleLinks, linkedAccounts } from '#postgres/statements/linked-account.ts'
import { tenantsOfCell } from '#postgres/statements/tenant-find.ts'
import { mirrorTenant } from '#postgres/statements/tenant-mirror.ts'
import { copySize } from '#postgres/statements/tenant-usage.ts'
import { showPeople } from '../people/change-people.ts'
import type { Ports } from '../ports.ts'

/** For the sweep of a cell; does nothing in the directory. */
export async function mendCell(ports: Pick<Ports, 'directory' | 'platform' | 'identity'>): Promise<void> {
  const { directory, platform } = ports
  if (!directory) return
  for (const tenant of await tenantsOfCell(directory, platform)) {
    await mirrorTenant(directory, platform, tenant.id)
    await showPeople(ports, tenant)
    await copySize(platform, directory, tenant.id)
    const accountIds = (await linkedAccounts(platform, tenant)).map((one) => one.account_id)
    await dropStaleLinks(directory, { tenantId: tenant.id, accountIds, settled: 10 })
  }
}
