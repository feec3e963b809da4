/** Outputs that an execution had to leave because a transaction held their rows: brought there now and then, by the sweep. */
import type { Ports } from '../ports.ts'
import { listTenants } from '../tenant/load-tenant.ts'
import { projectOnce } from './project.ts'

export async function projectLeftovers(ports: Ports): Promise<void> {
  for (const tenant of await listTenants(ports)) await projectOnce(ports, tenant)
}
