/** After a start, every execution that nobody has ended goes on by itself. */
import { dropLeases, dropPlanLeases, openExecutions } from '#postgres/statements/execution-open.ts'
import { endDeadlines } from '#postgres/statements/intent-open.ts'
import type { Ports } from '../ports.ts'
import { busyTenants } from '../tenant/busy-tenants.ts'

/** `sole`: no other server can be alive, so the leases of the dead one need not run out first. */
export async function recoverExecutions(ports: Ports, { sole = false } = {}): Promise<void> {
  if (sole) await dropPlanLeases(ports.platform)
  for (const tenant of await busyTenants(ports)) {
    if (sole) {
      await dropLeases(ports.platform, tenant)
      await endDeadlines(ports.platform, tenant)
    }
    for (const executionId of await openExecutions(ports.platform, tenant, { sole })) {
      // The name tells this start from the one that died: a machine starts one name once.
      const name = `${tenant.id}-${executionId}-${ports.clock.now().getTime()}`
      await ports.machines.start('execution', name, { tenantId: tenant.id, executionId: String(executionId) })
    }
  }
}
