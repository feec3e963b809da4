/** `iasql_disconnect(alias)`, `iasql_db_list()`, `iasql_tenant_suspend(alias, suspended)` and `iasql_tenant_quota(alias, quota, value)`. */
import { findConnectionMember } from '#postgres/statements/connection-member.ts'
import { setSuspended } from '#postgres/statements/tenant-change.ts'
import { allTenantLines, ownTenantLines, type TenantLine } from '#postgres/statements/tenant-list.ts'
import { type Quota, setQuota } from '#postgres/statements/tenant-quota.ts'
import type { Ports } from '../ports.ts'
import type { RpcAnswer, RpcCall } from '../rpc/catalogue.ts'
import { refusal } from '../rpc/refusal.ts'
import { atCellOf, atDirectory } from './cell.ts'
import { tellCell } from './cells.ts'
import { deleteTenant } from './delete-tenant.ts'
import { isHomeOwner, knownTenant, lineOf, otherTenant, requireHomeOwner } from './managed-tenant.ts'
import { restoreTenant } from './restore-tenant.ts'
import { stopTenant } from './stop-tenant.ts'

const rowsOf = (lines: readonly TenantLine[], notices: readonly string[] = []): RpcAnswer => ({
  kind: 'rows',
  rows: lines.map((line) => ({ ...line })),
  notices,
})

const aliasOf = ({ arguments: [alias] }: RpcCall): string => String(alias ?? '')

export async function listCall(callers: Ports, call: RpcCall): Promise<RpcAnswer> {
  const ports = atDirectory(callers)
  if (await isHomeOwner(ports, call)) return rowsOf(await allTenantLines(ports.platform))
  const { connectionId, tenant } = call
  const member = connectionId ? await findConnectionMember(ports.platform, connectionId) : undefined
  return rowsOf(await ownTenantLines(ports.platform, { tenantId: tenant.id, member }))
}

export async function disconnectCall(callers: Ports, call: RpcCall): Promise<RpcAnswer> {
  const ports = atDirectory(callers)
  await requireHomeOwner(ports, call)
  const tenant = await otherTenant(ports, aliasOf(call), 'deleted')
  const line = await lineOf(ports, tenant)
  const outcome = await deleteTenant(ports, tenant)
  const state = outcome === 'gone' ? 'deleted' : 'deleting'
  const later = `${tenant.alias} still waits for AWS to answer calls in flight; it goes by itself when they have ended.`
  return rowsOf([{ ...line, state }], outcome === 'gone' ? [] : [later])
}

export async function suspendCall(callers: Ports, call: RpcCall): Promise<RpcAnswer> {
  const ports = atDirectory(callers)
  await requireHomeOwner(ports, call)
  const isSuspended = call.arguments[1] !== false
  const tenant = await otherTenant(ports, aliasOf(call), 'suspended')
  if (!(await setSuspended(ports.platform, tenant, isSuspended)))
    throw refusal(
      '55000',
      `the tenant ${tenant.alias} is ${tenant.state}`,
      tenant.state === 'moving'
        ? 'Nobody gets in meanwhile; try again when it has arrived.'
        : 'There is nothing to suspend.',
    )
  await tellCell(ports, tenant)
  const there = atCellOf(ports, tenant)
  if (isSuspended) await stopTenant(there, tenant, `The tenant ${tenant.alias} is suspended.`)
  else await restoreTenant(there, tenant)
  return rowsOf([await lineOf(ports, tenant)])
}

/** The least keeps the tenant able to take it back; the most is what the columns and people can handle. */
const bounds: Readonly<Record<Quota, { readonly least: number; readonly most: number }>> = {
  size_mb: { least: 1, most: 100_000_000 },
  statements: { least: 1, most: 100_000_000 },
  runs: { least: 1, most: 100_000 },
  connections: { least: 1, most: 10_000 },
}

export async function quotaCall(callers: Ports, call: RpcCall): Promise<RpcAnswer> {
  const ports = atDirectory(callers)
  await requireHomeOwner(ports, call)
  const [, name, value] = call.arguments
  const tenant = await knownTenant(ports, aliasOf(call))
  const quota = (Object.keys(bounds) as readonly Quota[]).find((one) => one === name)
  if (!quota)
    throw refusal('22023', `there is no quota ${String(name)}`, `They are ${Object.keys(bounds).join(', ')}.`)
  const { least, most } = bounds[quota]
  if (typeof value !== 'number' || value < least || value > most)
    throw refusal(
      '22023',
      `the quota ${quota} cannot be ${String(value)}`,
      `It is a whole number from ${least} to ${most}.`,
    )
  await setQuota(ports.platform, tenant, { quota, value })
  await tellCell(ports, tenant)
  // Whoever repaired its logins before the cell was told gave them the old limit.
  if (quota === 'connections') await restoreTenant(atCellOf(ports, tenant), tenant)
  return rowsOf([await lineOf(ports, tenant)])
}
