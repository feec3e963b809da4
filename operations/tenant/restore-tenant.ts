/** A tenant that has taken something from itself gets it back: at the start, and when its login or a right is refused. */
import { createTablesSql } from '#engine/ddl/create-tables.ts'
import { tableLookup } from '#engine/plan/resource.ts'
import type { Repair } from '#postgres/repairing-data-api.ts'
import * as postgres from '#postgres/restore-tenant.ts'
import type { Secrets } from '#postgres/secrets.ts'
import { installedModules } from '#postgres/statements/module-installed.ts'
import { findTenantOfLogin } from '#postgres/statements/tenant-find.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { Ports } from '../ports.ts'
import { rpcFunctionSql } from '../rpc/binding.ts'
import { engineFunctionsSql } from '../rpc/engine-functions.ts'
import { atCellOf } from './cell.ts'

interface Restoring extends Pick<Ports, 'platform' | 'log' | 'modules'> {
  readonly secrets: Pick<Secrets, 'get'>
}

export async function restoreTenant(
  { platform, secrets, log, modules }: Restoring,
  tenant: Tenant,
  { isLockedOut = false } = {},
): Promise<void> {
  const madeBy = () => moduleStatements({ platform, modules }, tenant)
  const isRestored = await postgres.restoreTenant(platform, secrets, tenant, { madeBy, isLockedOut })
  if (isRestored)
    log('warn', 'The login, rights or settings of a tenant were put back.', { tenantId: tenant.id })
}

async function moduleStatements(
  { platform, modules: load }: Pick<Ports, 'platform' | 'modules'>,
  tenant: Tenant,
): Promise<readonly string[]> {
  const offered = await load()
  const lookup = tableLookup(offered.modules.flatMap((module) => module.tables))
  const installed = await installedModules(platform, tenant)
  const modules = installed.flatMap(({ name }) => offered.findModule(name) ?? [])
  return [
    ...engineFunctionsSql(tenant, offered),
    ...modules.flatMap((module) => [
      ...createTablesSql(tenant, module.tables, lookup),
      ...module.rpc.flatMap((rpc) => rpcFunctionSql(tenant, rpc)),
      ...module.sql.flatMap((sql) => sql.create(tenant)),
    ]),
  ]
}

/** For the Data API that tenants' statements go through; what it cannot repair fails as it did. */
export const loginRepair =
  (restoring: Restoring & Pick<Ports, 'cellDatabase'>): Repair =>
  async (login, refused) => {
    try {
      const tenant = await findTenantOfLogin(restoring.platform, login)
      // The logins of the others are closed on purpose.
      const isServed = tenant?.state === 'active' || tenant?.state === 'creating'
      if (tenant && isServed)
        await restoreTenant(atCellOf(restoring, tenant), tenant, { isLockedOut: refused === 'connection' })
    } catch (error) {
      restoring.log('warn', 'A login could not be repaired.', { error })
    }
  }
