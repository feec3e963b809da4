/** Keeps what the next invocation must know in the commit of what this one did. */
import type { JsonObject } from '#engine/model/json.ts'
import type { Queryable } from '#postgres/database.ts'
import { rememberExecution } from '#postgres/statements/execution-release.ts'
import { LostExecution } from '../apply/ledger.ts'
import type { ExecutionContext } from './execution-context.ts'

/** Throws, and so rolls back, when another invocation has the execution by now. */
export async function remember(
  transaction: Queryable,
  { tenant, execution }: ExecutionContext,
  memory: JsonObject,
): Promise<void> {
  const { execution_id: executionId, fence } = execution
  const isOurs = await rememberExecution(transaction, tenant, { executionId, fence, memory })
  if (!isOurs) throw new LostExecution('another invocation has taken over')
}
