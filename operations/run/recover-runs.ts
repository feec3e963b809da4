/** After a start, and now and then: runs whose runner died are ended truthfully, those between two invocations go on. */
import { deleteConnections } from '#postgres/statements/connection-delete.ts'
import { fenceRun, lostRuns, type OpenRun } from '#postgres/statements/run-recover.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { Ports } from '../ports.ts'
import { busyTenants } from '../tenant/busy-tenants.ts'
import { settleRun } from './settle-run.ts'

/** `isSole`: no other server can be alive, so the leases of the dead one need not run out first, and its clients are gone. */
export async function recoverRuns(ports: Ports, { isSole = false } = {}): Promise<void> {
  if (isSole) await deleteConnections(ports.platform)
  for (const tenant of await busyTenants(ports)) {
    for (const run of await lostRuns(ports.platform, tenant, { isSole })) await recover(ports, tenant, run)
  }
}

async function recover(ports: Ports, tenant: Tenant, run: OpenRun): Promise<void> {
  const { run_id: runId } = run
  const input = { tenantId: tenant.id, runId }
  if (run.state === 'accepted') return ports.invoker.runStatements(input)
  if (run.state === 'running') {
    const fence = await fenceRun(ports.platform, tenant, runId)
    if (fence !== undefined) await settleRun(ports, tenant, { runId, fence })
    return
  }
  const execution = run.execution_id === null ? {} : { executionId: run.execution_id }
  // The name tells this start from the one that died: a machine starts one name once.
  await ports.machines.start('run', `${tenant.id}-${runId}-${ports.clock.now().getTime()}`, {
    ...input,
    ...execution,
  })
}
