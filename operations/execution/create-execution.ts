/** Stores a durable execution; the run machine steps it, or `startExecution` when nobody waits for it. */
import { insertExecution, type NewExecution } from '#postgres/statements/execution-insert.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { Ports } from '../ports.ts'

export async function createExecution(
  ports: Ports,
  tenant: Tenant,
  execution: NewExecution,
): Promise<string> {
  return await insertExecution(ports.platform, tenant, execution)
}

/** Drives it through the `execution` state machine; starting the same one twice starts it once. */
export async function startExecution(ports: Ports, tenant: Tenant, executionId: string): Promise<void> {
  const name = `${tenant.id}-${executionId}`
  await ports.machines.start('execution', name, { tenantId: tenant.id, executionId })
}
