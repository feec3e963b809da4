/** Outputs that an execution had to leave because a transaction held their rows: brought there now and then, by the sweep. */
import type { Ports } from '../ports.ts'
import { busyTenants } from '../tenant/busy-tenants.ts'
import { projectOnce } from './project.ts'

/** A tenant that fails is logged; the others go on. Each sweep begins with another one, so that time runs out for all alike. */
export async function projectLeftovers(ports: Ports): Promise<void> {
  const startMs = ports.clock.now().getTime()
  const tenants = await busyTenants(ports)
  const first = Math.floor(startMs / 60_000) % Math.max(1, tenants.length)
  for (const tenant of [...tenants.slice(first), ...tenants.slice(0, first)]) {
    if (ports.clock.now().getTime() - startMs >= ports.defaults.budgetMs) return
    try {
      await projectOnce(ports, tenant, 'due')
    } catch (error) {
      ports.log('error', 'outputs of a tenant could not be brought to its rows', {
        tenantId: tenant.id,
        error,
      })
    }
  }
}
