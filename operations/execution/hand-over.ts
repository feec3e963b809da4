/** An execution passes from one invocation to the next: taken by lease, given back with what the next one must know. */
import { randomUUID } from 'node:crypto'
import { acquireExecution, type ExecutionRecord } from '#postgres/statements/execution-acquire.ts'
import { releaseExecution } from '#postgres/statements/execution-release.ts'
import { lastExecutionEvent } from '#postgres/statements/topic-read.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { Ports } from '../ports.ts'
import { postNews, storeNews } from '../topics/publish.ts'
import type { ExecutionContext, StepOutcome } from './execution-context.ts'
import { stateNews } from './execution-news.ts'
import { leaseSeconds } from './hold-execution.ts'

/** Undefined when it has ended or another invocation has it. */
export async function takeExecution(
  ports: Ports,
  tenant: Tenant,
  executionId: string,
): Promise<ExecutionRecord | undefined> {
  const taken = await ports.platform.transaction(async (transaction) => {
    const holder = randomUUID()
    const execution = await acquireExecution(transaction, tenant, { executionId, holder, leaseSeconds })
    const isFirst = execution?.fence === 1
    const news = isFirst ? await storeNews(transaction, tenant, stateNews(execution, 'started')) : []
    return { execution, news }
  })
  await postNews(ports, tenant, taken.news)
  return taken.execution
}

/** One that only looks, again and again, whether it may go on is news once. */
export async function giveBack(
  { ports, tenant, execution }: ExecutionContext,
  { seconds, memory }: Extract<StepOutcome, { readonly kind: 'more' }>,
): Promise<void> {
  const { execution_id: executionId, fence } = execution
  const state = seconds > 0 ? 'waiting' : 'running'
  const news = await ports.platform.transaction(async (transaction) => {
    const isOurs = await releaseExecution(transaction, tenant, { executionId, fence, state, memory })
    if (!isOurs) return []
    const isWaiting = (await lastExecutionEvent(transaction, tenant, executionId)) === 'waiting'
    const isNews = isWaiting !== (state === 'waiting')
    return isNews ? storeNews(transaction, tenant, stateNews(execution, state)) : []
  })
  await postNews(ports, tenant, news)
}
