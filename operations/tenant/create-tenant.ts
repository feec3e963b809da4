/** A new tenant: roles, schemas, the account it works in, its default region, its functions. No call to the cloud. */

import { provisionTenant } from '#postgres/provision-tenant.ts'
import type { Secrets } from '#postgres/secrets.ts'
import { installedModules } from '#postgres/statements/module-installed.ts'
import { insertPlaces } from '#postgres/statements/place-insert.ts'
import { findTenant } from '#postgres/statements/tenant-find.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { installModules } from '../install/install-modules.ts'
import type { Ports } from '../ports.ts'
import { postNews } from '../topics/publish.ts'
import { atCellOf } from './cell.ts'
import { restoreTenant } from './restore-tenant.ts'
import { upgradeTenant } from './upgrade-tenant.ts'

/** What every tenant has from the start. */
const foundation = 'aws_account'

/** Safe to repeat: an existing tenant of that alias is completed and brought up to date, where it is. */
export async function createTenant(
  whole: Ports,
  { alias, secrets }: { readonly alias: string; readonly secrets: Secrets },
): Promise<Tenant> {
  const known = await findTenant(whole.platform, { alias })
  const ports = known ? atCellOf(whole, known) : whole
  const tenant = await provisionTenant(ports.platform, secrets, {
    alias,
    database: await databaseName(ports),
  })
  const installed = await installedModules(ports.platform, tenant)
  const module = (await ports.modules()).findModule(foundation)
  if (module && !installed.some(({ name }) => name === foundation)) {
    await postNews(ports, tenant, await installModules(ports, tenant, [module]))
  }
  await insertPlaces(ports.platform, tenant, firstPlace(ports))
  await upgradeTenant(ports, tenant)
  await restoreTenant({ ...ports, secrets }, tenant)
  return tenant
}

/** An account that only a linked role reaches is no tenant's before it is linked. */
function firstPlace({ accounts, defaults }: Ports): Parameters<typeof insertPlaces>[2] {
  const isReached = accounts === undefined || accounts.reachesItself(defaults.accountId)
  return { accountId: isReached ? defaults.accountId : null, region: defaults.region }
}

async function databaseName(ports: Ports): Promise<string> {
  const rows = await ports.platform.query<{ name: string }>('SELECT current_database()::text AS name')
  return rows[0]?.name ?? 'local'
}
