/** Ends a run whose runner is gone: what it committed is told as such, nothing of it is run again. */

import { endRunBackend } from '#postgres/statements/run-cancel.ts'
import { undecidedCommits } from '#postgres/statements/run-commit.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { RunEvent, TopicMessage, WireError } from '#websocket/messages.ts'
import type { Ports } from '../ports.ts'
import type { SchemaCommand } from '../statement/schema-command.ts'
import { postNews } from '../topics/publish.ts'
import { storeSchemaChange } from '../topics/schema-news.ts'
import { decideTransaction } from './commit-transaction.ts'
import { openRunLog } from './run-log.ts'

export interface LostRun {
  readonly runId: string
  readonly fence: number
  /** What stopped it, and at which statement. */
  readonly error?: WireError
  readonly statement?: number
}

export async function settleRun(ports: Ports, tenant: Tenant, run: LostRun): Promise<void> {
  const { runId, fence, error, statement } = run
  await endRunBackend(ports.platform, tenant, runId)
  const log = openRunLog(ports, tenant, { runId, fence, isCancelled: false })
  const completed: RunEvent[] = []
  const news: TopicMessage[] = []
  for (const commit of await undecidedCommits(ports.platform, tenant, runId)) {
    if ((await decideTransaction(ports, tenant, runId, commit.xid)) !== 'committed') continue
    const { tag, row_count: rowCount, actor } = commit
    const commands = (commit.commands ?? []) as unknown as readonly SchemaCommand[]
    news.push(...(await storeSchemaChange(ports, tenant, { runId, actor, commands })))
    completed.push({ type: 'complete', statement: commit.statement, tag, rowCount, durationMs: 0 })
  }
  log.add(...completed)
  const hasCompleted = completed.some((event) => 'statement' in event && event.statement === statement)
  if (error && !hasCompleted)
    log.add({ type: 'error', error, ...(statement === undefined ? {} : { statement }) })
  await log.end('interrupted')
  await postNews(ports, tenant, news)
}
