/** The tenants that a sweep has to look at: of thousands, few have begun anything lately, and fewer have it open. */
import { busyAmong, noteClean, uncertainTenants } from '#postgres/statements/tenant-busy.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { Ports } from '../ports.ts'
import { listTenants } from './load-tenant.ts'

/** Each takes some twenty locks, of which the server has a few thousand. */
const atOnce = 40

export async function busyTenants(ports: Pick<Ports, 'platform' | 'log'>): Promise<readonly Tenant[]> {
  const { ids, askedAt } = await uncertainTenants(ports.platform)
  if (ids.size === 0) return []
  const tenants = (await listTenants(ports)).filter(({ id }) => ids.has(id))
  const busy: Tenant[] = []
  for (let from = 0; from < tenants.length; from += atOnce) {
    busy.push(...(await busyOf(ports, tenants.slice(from, from + atOnce))))
  }
  const clean = tenants.filter((tenant) => !busy.includes(tenant)).map(({ id }) => id)
  if (clean.length > 0) await noteClean(ports.platform, clean, askedAt)
  return busy
}

/** When one of them cannot be asked, each is looked at: by itself it keeps nobody else. */
async function busyOf(
  { platform, log }: Pick<Ports, 'platform' | 'log'>,
  tenants: readonly Tenant[],
): Promise<readonly Tenant[]> {
  try {
    const busy = await busyAmong(platform, tenants)
    return tenants.filter(({ id }) => busy.has(id))
  } catch (error) {
    log('warn', 'It could not be asked which tenants have something open.', { error })
    return tenants
  }
}
