/**
 * Where a tenant's work is done. The directory is the first database, and all tenants share it but those that are placed in a
 * database of their own, their cell: for them everything that is not asked of the directory by name happens there.
 */
import type { Database } from '#postgres/database.ts'
import type { FoundTenant } from '#postgres/statements/tenant-find.ts'
import type { Ports } from '../ports.ts'
import { loadTenant } from './load-tenant.ts'

/** Knows all tenants, and who may come in; what it decides is copied into cells. */
export const directoryOf = ({ directory, platform }: Pick<Ports, 'directory' | 'platform'>): Database =>
  directory ?? platform

type Placed = Pick<Ports, 'directory' | 'platform' | 'cellDatabase'>

/** The same ports within the cell of that name; as they are where there is none. */
export function inCell<Some extends Placed>(ports: Some, cell: string | null): Some {
  if (!cell) return ports
  return { ...ports, directory: directoryOf(ports), platform: ports.cellDatabase(cell) }
}

/** The same ports in the directory: whoever is asked about another tenant may be in a cell. */
export const atDirectory = <Some extends Placed>(ports: Some): Some => ({
  ...ports,
  directory: undefined,
  platform: directoryOf(ports),
})

/** The same ports where the tenant is. */
export const atCellOf = <Some extends Placed>(ports: Some, tenant: Pick<FoundTenant, 'cell'>): Some =>
  inCell(ports, tenant.cell)

/**
 * How work for a tenant begins of which nothing but the id is known.
 * @throws IasqlError `auth/refused`, or `host/version` where a tenant's schema is of another version than the code
 */
export async function atTenant<Some extends Placed>(
  ports: Some,
  tenantId: string,
): Promise<{ readonly ports: Some; readonly tenant: FoundTenant }> {
  const tenant = await loadTenant(ports, tenantId)
  return { ports: atCellOf(ports, tenant), tenant }
}
