/** Asks executions to end: nothing new is begun, calls in flight finish, rows stay true. */
import { requestCancel } from '#postgres/statements/execution-cancel.ts'
import { openExecutionsOfRun } from '#postgres/statements/execution-open.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { Ports } from '../ports.ts'

/** The state it was in when asked; undefined when there is no such execution. */
export async function cancelExecution(
  ports: Ports,
  tenant: Tenant,
  executionId: string,
): Promise<string | undefined> {
  const found = await requestCancel(ports.platform, tenant, Number(executionId))
  return found?.state
}

/** A cancelled run takes the executions along that it started. */
export async function cancelRunExecutions(ports: Ports, tenant: Tenant, runId: string): Promise<void> {
  for (const executionId of await openExecutionsOfRun(ports.platform, tenant, runId)) {
    await requestCancel(ports.platform, tenant, executionId)
  }
}
