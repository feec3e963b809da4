/** Stores a durable execution; the run machine steps it, or `startExecution` when nobody waits for it. */
import { IasqlError } from '#engine/model/error.ts'
import { closeChanges } from '#postgres/statements/change-close.ts'
import { requestCancel } from '#postgres/statements/execution-cancel.ts'
import { insertExecution, type NewExecution } from '#postgres/statements/execution-insert.ts'
import { endExecution } from '#postgres/statements/execution-release.ts'
import { noteActive } from '#postgres/statements/tenant-busy.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { Ports } from '../ports.ts'

/** @throws IasqlError `system/internal` when the run has been taken from the runner that asks. */
export async function createExecution(
  ports: Ports,
  tenant: Tenant,
  execution: NewExecution,
): Promise<string> {
  if (execution.runner === undefined) await noteActive(ports.platform, tenant)
  const executionId = await insertExecution(ports.platform, tenant, execution)
  if (executionId !== undefined) return executionId
  throw new IasqlError('system/internal', `run ${execution.runner?.runId} is another runner's`)
}

/** Drives it through the `execution` state machine; starting the same one twice starts it once. */
export async function startExecution(ports: Ports, tenant: Tenant, executionId: string): Promise<void> {
  const name = `${tenant.id}-${executionId}`
  await ports.machines.start('execution', name, { tenantId: tenant.id, executionId })
}

/** Ends one that nothing has started; where the sweep has taken it up meanwhile, whoever works on it ends it. */
export async function abandonExecution(ports: Ports, tenant: Tenant, executionId: string): Promise<void> {
  const error = { code: 'apply/cancelled', message: 'it could not be planned, so it was never started' }
  await ports.platform.transaction(async (transaction) => {
    const input = { executionId: Number(executionId), error }
    const counts = { done: 0, failed: 0, total: 0 }
    const isOurs = await endExecution(transaction, tenant, { ...input, fence: 0, state: 'failed', ...counts })
    if (isOurs) await closeChanges(transaction, tenant, input)
    else await requestCancel(transaction, tenant, input.executionId)
  })
}
