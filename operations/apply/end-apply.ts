/** The result of an apply: one row a change that was done, or one error that says what was not, and why. */
import { IasqlError } from '#engine/model/error.ts'
import type { Row } from '#engine/model/json.ts'
import { describeId } from '#engine/plan/natural-name.ts'
import type { PlannedChange } from '#engine/plan/planned-change.ts'
import { type ChangeResult, readChangeResults } from '#postgres/statements/change-results.ts'
import { dropPoliciesOfGoneRows } from '#postgres/statements/drift-policy-drop.ts'
import { applyStanding } from '#postgres/statements/execution-held.ts'
import type { ExecutionContext, ExecutionResult } from '../execution/execution-context.ts'
import { describeChange } from '../plan/describe-change.ts'
import { projectTables } from './project.ts'

/** Lines of an error's detail; the rest is in `iasql_change`. */
const mostLines = 100

export async function endApply(context: ExecutionContext): Promise<ExecutionResult> {
  const { ports, tenant, execution, cancelled } = context
  const executionId = execution.execution_id
  const results = await readChangeResults(ports.platform, tenant, executionId)
  // Here, so that it is done also for an invocation that died between its last outcome and this.
  if (results.length > 0) await projectTables(context)
  await dropPoliciesOfGoneRows(ports.platform, tenant)
  const done = results.filter(({ state }) => state === 'done')
  const failed = results.filter(({ state }) => state === 'failed' || state === 'needs_decision')
  const { held } = await applyStanding(ports.platform, tenant, executionId)
  const counts = { done: done.length, failed: failed.length, total: results.length }
  const rows = done.map((result) => resultRow(result, executionId))
  if (failed.length > 0) {
    const error = failure(results, failed, executionId)
    return { kind: 'ended', state: 'failed', rows, error, ...counts }
  }
  const wanted = results.length + held
  if (cancelled.aborted && (results.length === 0 || done.length < wanted)) {
    const message =
      results.length === 0
        ? 'cancelled before anything was begun'
        : `cancelled after ${done.length} of ${wanted} changes`
    const detail = linesOf(results.filter((result) => result.state === 'skipped' && result.attempt > 0))
    const error = new IasqlError('apply/cancelled', message, detail === '' ? {} : { detail })
    return { kind: 'ended', state: 'cancelled', rows, error, ...counts }
  }
  return { kind: 'ended', state: 'succeeded', rows, ...counts }
}

const resultRow = (result: ChangeResult, executionId: number): Row => ({
  action: result.action,
  table_name: result.table_name,
  id: idOf(result),
  description: descriptionOf(result),
  change_id: result.change_id,
  elapsed_ms: result.elapsed_ms,
  execution_id: executionId,
})

const idOf = (result: ChangeResult): string =>
  describeId({
    cloudId: result.cloud_id,
    naturalName: result.natural_name ?? '',
    rowId: result.row_id,
  })

const descriptionOf = (result: ChangeResult): string =>
  describeChange({
    action: result.action,
    table: result.table_name,
    naturalName: result.natural_name ?? '',
    changed: result.changed as unknown as PlannedChange['changed'],
  })

function failure(
  results: readonly ChangeResult[],
  failed: readonly ChangeResult[],
  executionId: number,
): IasqlError {
  const [first] = failed
  // One hint serves all of them.
  const isOneKind = ['plan/conflict', 'cloud/denied'].some((kind) =>
    failed.every(({ error }) => error?.code === kind),
  )
  const onlyDecisions = failed.every(({ state }) => state === 'needs_decision')
  const code = onlyDecisions ? 'apply/needs-decision' : 'apply/changes-failed'
  const requestId = text(first, 'awsRequestId')
  const request = requestId ? ` (request ${requestId})` : ''
  const skipped = results.filter(({ state }) => state === 'skipped')
  const also = skipped.length > 0 ? `, ${skipped.length} skipped` : ''
  const counts = `${failed.length} of ${results.length} changes failed${also}`
  return new IasqlError(code, `${counts}. ${text(first, 'message')}${request}`, {
    detail: linesOf([...failed, ...skipped]),
    hint:
      onlyDecisions || isOneKind
        ? text(first, 'hint')
        : `Correct the rows and apply again: the plan still shows them. SELECT * FROM iasql_change WHERE execution_id = ${executionId} and iasql_execution tell more.`,
    ...(requestId ? { awsRequestId: requestId } : {}),
  })
}

const linesOf = (results: readonly ChangeResult[]): string =>
  results
    .slice(0, mostLines)
    .map((result) => `${result.action} ${descriptionOf(result)}: ${text(result, 'message')}`)
    .join('\n')

const text = (result: ChangeResult | undefined, field: string): string => {
  const value = result?.error?.[field]
  return typeof value === 'string' ? value : ''
}
