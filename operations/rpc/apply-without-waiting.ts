/** `iasql_apply(wait => false)`: planned and claimed at once, done by itself, to be followed in `iasql_execution`. */
import { describeId } from '#engine/plan/natural-name.ts'
import { applyArguments } from '../apply/apply-arguments.ts'
import { claimChanges } from '../apply/claim-changes.ts'
import { LostExecution } from '../apply/ledger.ts'
import { abandonExecution, createExecution, startExecution } from '../execution/create-execution.ts'
import { describeChange } from '../plan/describe-change.ts'
import type { Ports } from '../ports.ts'
import type { RpcAnswer, RpcCall } from './catalogue.ts'

export async function applyWithoutWaiting(ports: Ports, call: RpcCall): Promise<RpcAnswer> {
  const { tenant, actor } = call
  const given = applyArguments(call.arguments)
  // Its result is given here, so it has no context in which anybody waits for one.
  const executionId = await createExecution(ports, tenant, {
    kind: 'apply',
    rpc: call.name,
    arguments: call.arguments,
    actor,
    connectionId: call.connectionId,
    runner: call.runner,
  })
  const claim = await claimChanges(ports, {
    tenant,
    executionId: Number(executionId),
    fence: null,
    actor,
    connectionId: call.connectionId ?? null,
    arguments: given,
    signal: AbortSignal.timeout(ports.defaults.budgetMs),
  }).catch(async (error: unknown) => {
    if (error instanceof LostExecution) return undefined
    // The error is the answer: nothing may happen after it.
    await abandonExecution(ports, tenant, executionId)
    throw error
  })
  // Planning took so long that the sweep took it for left alone: it is at work already.
  if (!claim) return { kind: 'rows', rows: [], notices: [goesOn(executionId)] }
  await startExecution(ports, tenant, executionId)
  return {
    kind: 'rows',
    notices: claim.notices,
    rows: claim.changes
      .filter(({ companion }) => !companion)
      .map((change) => ({
        action: change.action,
        table_name: change.table,
        id: describeId(change),
        description: describeChange(change),
        change_id: claim.changeIds.get(change.key) ?? null,
        elapsed_ms: null,
        execution_id: Number(executionId),
      })),
  }
}

const goesOn = (executionId: string): string =>
  `Execution ${executionId} is at work already: SELECT * FROM iasql_execution WHERE execution_id = ${executionId}.`
