/** A task of machine `execution`: one invocation's worth of a durable execution. */
import { stepExecution } from '#operations/execution/step-execution.ts'
import { lambda } from './lambda.ts'

interface ExecutionEvent {
  readonly tenantId: string
  readonly executionId: string
}

export const handler = lambda((ports, { tenantId, executionId }: ExecutionEvent) =>
  stepExecution(ports, { tenantId, executionId }),
)
