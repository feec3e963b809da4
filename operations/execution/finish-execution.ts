/** Ends an execution: its state, its last event and the result that the waiting statement finds are one commit. */
import { IasqlError } from '#engine/model/error.ts'
import type { Json } from '#engine/model/json.ts'
import { insertAuditError } from '#postgres/statements/audit-error.ts'
import { closeChanges } from '#postgres/statements/change-close.ts'
import { insertExecutionEvents } from '#postgres/statements/event-append.ts'
import { endExecution } from '#postgres/statements/execution-release.ts'
import { leaveCommit } from '#postgres/statements/transaction-leave.ts'
import { publishNews } from '../news/publish-news.ts'
import type { Ports } from '../ports.ts'
import { storeRpcResult } from '../rpc/results.ts'
import { postNews, storeNews } from '../topics/publish.ts'
import type { ExecutionContext, ExecutionResult } from './execution-context.ts'
import { endNews } from './execution-news.ts'

/** Characters of an error's message for others. */
const reasonLength = 2_000

export async function finishExecution(context: ExecutionContext, result: ExecutionResult): Promise<void> {
  const { ports, tenant, execution } = context
  const { state, done, failed, total, error } = result
  const body = error ? errorBody(error) : null
  const ended = await ports.platform.transaction(async (transaction) => {
    const isOurs = await endExecution(transaction, tenant, {
      executionId: execution.execution_id,
      fence: execution.fence,
      state,
      done,
      failed,
      total,
      error: body,
    })
    if (!isOurs) return undefined
    if (execution.kind === 'commit') await leaveCommit(transaction, tenant, execution)
    await closeChanges(transaction, tenant, {
      executionId: execution.execution_id,
      error: errorBody(error ?? new IasqlError('apply/cancelled', 'the execution ended before this change')),
    })
    if (error && state === 'failed') {
      await insertAuditError(transaction, tenant, {
        actor: execution.actor,
        executionId: Number(execution.execution_id),
        message: [error.message, error.detail].filter((part) => part).join('\n'),
      })
    }
    if (execution.context) {
      const call = { context: execution.context, name: execution.rpc, arguments: execution.arguments }
      await storeRpcResult(transaction, tenant, error ? { ...call, error } : { ...call, rows: result.rows })
    }
    await insertExecutionEvents(transaction, tenant, String(execution.execution_id), [
      { kind: 'ended', body: { state, done, failed, total, error: body } },
    ])
    return storeNews(transaction, tenant, endNews(execution, result))
  })
  if (!ended) return
  countExecution(ports, execution.kind, state)
  await postNews(ports, tenant, ended)
  await publishEnd(context, result)
}

/** An apply with nothing to do is no news. */
async function publishEnd(
  { ports, tenant, execution }: ExecutionContext,
  { state, done, failed, total, error }: ExecutionResult,
): Promise<void> {
  const { kind, actor, execution_id } = execution
  const isNews = (kind === 'apply' || kind === 'commit') && (total > 0 || state === 'failed')
  if (!isNews || state === 'cancelled') return
  const reason = error ? { code: error.code, message: error.message.slice(0, reasonLength) } : null
  const detail = {
    executionId: String(execution_id),
    operation: kind,
    actor,
    done,
    failed,
    total,
    error: reason,
  }
  await publishNews(ports, tenant, { kind: state === 'failed' ? 'apply failed' : 'apply done', detail })
}

function countExecution(
  { count }: Pick<Ports, 'count'>,
  kind: string,
  state: ExecutionResult['state'],
): void {
  if (kind === 'sync') count?.('Syncs')
  if (kind !== 'apply' && kind !== 'commit') return
  count?.('Applies')
  if (state === 'failed') count?.('AppliesFailed')
}

const errorBody = (error: IasqlError): Json => ({
  code: error.code,
  sqlstate: error.sqlstate,
  message: error.message,
  detail: error.detail ?? null,
  hint: error.hint,
  awsRequestId: error.awsRequestId ?? null,
})
