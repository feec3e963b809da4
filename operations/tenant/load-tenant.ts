/** Tenants by id, as every operation begins. */
import { IasqlError } from '#engine/model/error.ts'
import * as statements from '#postgres/statements/tenant-find.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { Ports } from '../ports.ts'

export async function loadTenant(ports: Ports, tenantId: string): Promise<Tenant> {
  const tenant = await statements.findTenant(ports.platform, { id: tenantId })
  if (!tenant) throw new IasqlError('auth/refused', 'there is no such tenant')
  return tenant
}

export const listTenants = async (ports: Ports): Promise<readonly Tenant[]> =>
  await statements.listTenants(ports.platform)
