/** Tenants by id, as every operation begins. */
import { IasqlError } from '#engine/model/error.ts'
import { schemaFit } from '#postgres/migrations/schema-version.ts'
import * as statements from '#postgres/statements/tenant-find.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { Ports } from '../ports.ts'

/** @throws IasqlError `auth/refused`, or `host/version` where a tenant's schema is of another version than the code */
export async function loadTenant(
  ports: Pick<Ports, 'platform'>,
  tenantId: string,
): Promise<statements.FoundTenant> {
  const tenant = await statements.findTenant(ports.platform, { id: tenantId })
  if (!tenant) throw new IasqlError('auth/refused', 'there is no such tenant')
  refuseOtherVersion(tenant)
  return tenant
}

/** @throws IasqlError `host/version` */
export function refuseOtherVersion({ storedSchema }: Pick<statements.FoundTenant, 'storedSchema'>): void {
  const fit = schemaFit(storedSchema)
  if (fit === 'fits') return
  const why =
    fit === 'newer'
      ? 'The tables of this tenant are of a later version than the server.'
      : 'The tables of this tenant have not been brought up to date yet.'
  throw new IasqlError('host/version', why)
}

/** Those that this version can serve. */
export const listTenants = async (ports: Pick<Ports, 'platform'>): Promise<readonly Tenant[]> =>
  (await statements.listTenants(ports.platform)).filter(
    ({ storedSchema }) => schemaFit(storedSchema) === 'fits',
  )
