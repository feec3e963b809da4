/** A task of machine `run`: one invocation's worth of a run's statements. */
import { executeStatements } from '#operations/run/execute-statements.ts'
import { lambda } from './lambda.ts'

interface RunEvent {
  readonly tenantId: string
  readonly runId: string
}

export const handler = lambda((ports, { tenantId, runId }: RunEvent) =>
  executeStatements(ports, { tenantId, runId }),
)
