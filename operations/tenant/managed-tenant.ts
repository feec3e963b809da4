/** Whether the caller may look after tenants, and which one is meant. */
import { IasqlError } from '#engine/model/error.ts'
import { type FoundTenant, findTenant } from '#postgres/statements/tenant-find.ts'
import { type TenantLine, tenantAliases, tenantLine } from '#postgres/statements/tenant-list.ts'
import type { Ports } from '../ports.ts'
import type { RpcCall } from '../rpc/catalogue.ts'
import { nearest } from '../rpc/nearest.ts'
import { refusal } from '../rpc/refusal.ts'
import { directoryOf } from './cell.ts'

type Caller = Pick<RpcCall, 'tenant' | 'name' | 'role'>

export async function isHomeOwner(ports: Ports, { tenant, role }: Caller): Promise<boolean> {
  return role === 'owner' && (await findTenant(directoryOf(ports), { id: tenant.id }))?.isHome === true
}

/** @throws IasqlError `auth/role` */
export async function requireHomeOwner(ports: Ports, caller: Caller): Promise<void> {
  if (await isHomeOwner(ports, caller)) return
  throw new IasqlError('auth/role', `${caller.name} is for owners of the home tenant`, {
    hint: 'Ask an owner of the home tenant; iasql_db_list() there tells which one that is.',
  })
}

/** @throws P0002 when there is none of that alias */
export async function knownTenant({ platform }: Ports, alias: string): Promise<FoundTenant> {
  const tenant = await findTenant(platform, { alias })
  if (tenant) return tenant
  const near = nearest(alias, await tenantAliases(platform))
  throw refusal('P0002', `there is no tenant ${alias}${near}`, 'SELECT * FROM iasql_db_list() lists them.')
}

/** @throws also 55000 for the home tenant: without it nobody could manage any */
export async function otherTenant(ports: Ports, alias: string, what: string): Promise<FoundTenant> {
  const tenant = await knownTenant(ports, alias)
  if (tenant.isHome)
    throw refusal(
      '55000',
      `the home tenant cannot be ${what}`,
      'The others are managed from it; name one of those.',
    )
  return tenant
}

/** The tenant as the functions show it. */
export async function lineOf({ platform }: Ports, { id, alias }: FoundTenant): Promise<TenantLine> {
  const line = await tenantLine(platform, id)
  if (line) return line
  throw refusal('P0002', `the tenant ${alias} is gone`, 'Somebody else has deleted it meanwhile.')
}
