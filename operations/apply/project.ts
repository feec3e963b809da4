/** Outputs reach the tenant's rows in a second step, because an open transaction of the tenant may hold them. */
import { projectOutputs } from '#postgres/statements/resource-project.ts'
import { unprojectedTables } from '#postgres/statements/resource-unprojected.ts'
import type { ExecutionContext } from '../execution/execution-context.ts'
import { loadInstalledTables } from '../install/installed-tables.ts'

/** How long an apply waits for locked rows; the next apply or sync tries again. */
const patienceMs = 5_000
const retryMs = 200

/** Also what earlier executions had to leave. */
export async function projectTables({
  ports,
  tenant,
  lost,
  progress,
}: Pick<ExecutionContext, 'ports' | 'tenant' | 'lost' | 'progress'>): Promise<void> {
  const untilMs = ports.clock.now().getTime() + patienceMs
  const tables = await loadInstalledTables(ports, tenant)
  for (;;) {
    const due = await unprojectedTables(ports.platform, tenant)
    let left = 0
    for (const name of due) {
      const type = tables.lookup.get(name)
      if (type) left += await projectOutputs(ports.platform, tenant, type)
    }
    if (left === 0) return
    if (ports.clock.now().getTime() > untilMs) {
      progress.notice(
        `${left} rows are locked by a transaction: their outputs come with the next apply or sync.`,
      )
      return
    }
    await ports.clock.sleep(retryMs, lost)
  }
}
