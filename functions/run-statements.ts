/** The runner, invoked without anyone waiting: what does not end within one invocation goes on in machine `run`. Without a run it goes on with a tenant's move. */
import { executeStatements } from '#operations/run/execute-statements.ts'
import { lambda } from './lambda.ts'

interface RunEvent {
  readonly tenantId: string
  readonly runId?: string
}

export const handler = lambda(async (ports, { tenantId, runId }: RunEvent) => {
  if (runId === undefined) {
    const { continueMove } = await import('#operations/move/continue-move.ts')
    return await continueMove(ports, { tenantId })
  }
  const outcome = await executeStatements(ports, { tenantId, runId })
  if (outcome.next === 'done') return
  const execution = outcome.next === 'execution' ? { executionId: outcome.executionId } : {}
  // The client chooses the run's id: two tenants may choose the same. An event that comes twice may hand over twice: a
  // machine starts one name once, and the first one may have ended because the second had the run.
  const name = `${tenantId}-${runId}-${outcome.fence}`
  await ports.machines.start('run', name, { tenantId, runId, ...execution })
})
