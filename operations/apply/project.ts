/** Outputs reach the tenant's rows in a second step, because an open transaction of the tenant may hold them. */
import { type Projected, projectOutputs } from '#postgres/statements/resource-project.ts'
import { type Due, unprojectedTables } from '#postgres/statements/resource-unprojected.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { ExecutionContext } from '../execution/execution-context.ts'
import { loadInstalledTables } from '../install/installed-tables.ts'
import type { Ports } from '../ports.ts'

/** How long an execution waits for locked rows; the sweep tries again until they are free. */
const patienceMs = 5_000
const retryMs = 200

/** Also what earlier executions had to leave. */
export async function projectTables({
  ports,
  tenant,
  lost,
  cancelled,
  progress,
}: Pick<ExecutionContext, 'ports' | 'tenant' | 'lost' | 'cancelled' | 'progress'>): Promise<void> {
  const untilMs = ports.clock.now().getTime() + patienceMs
  // What was refused before is told of again, and may have become possible by what was just done; tried once, not for long.
  for (let due: Due = 'all'; ; due = 'due') {
    const { left, refused } = await projectOnce(ports, tenant, due)
    for (const { message } of refused) progress.notice(message)
    if (left === 0) return
    if (cancelled.aborted || ports.clock.now().getTime() > untilMs) {
      progress.notice(
        `${left} rows are locked by a transaction: their outputs come by themselves when it has ended.`,
      )
      return
    }
    await ports.clock.sleep(retryMs, lost)
  }
}

export async function projectOnce(ports: Ports, tenant: Tenant, due: Due): Promise<Projected> {
  const names = await unprojectedTables(ports.platform, tenant, due)
  if (names.length === 0) return { left: 0, refused: [] }
  const tables = await loadInstalledTables(ports, tenant)
  const projected: Projected[] = []
  for (const name of names) {
    const type = tables.lookup.get(name)
    if (type) projected.push(await projectOutputs(ports.platform, tenant, type, due))
  }
  return {
    left: projected.reduce((sum, { left }) => sum + left, 0),
    refused: projected.flatMap(({ refused }) => refused),
  }
}
