/** Topic `executions`: how a durable execution begins, pauses and ends; the single changes are events of its own. */
import type { JsonObject } from '#engine/model/json.ts'
import type { ExecutionRecord } from '#postgres/statements/execution-acquire.ts'
import type { TopicNews } from '../topics/publish.ts'
import type { ExecutionResult } from './execution-context.ts'

/** Characters of an error's message; the whole is in `iasql_execution`. */
const messageLength = 2_000

const news = (kind: string, execution: ExecutionRecord, more: JsonObject = {}): TopicNews => {
  const { execution_id, kind: operation, actor, run_id: runId, statement } = execution
  const body = { executionId: String(execution_id), kind: operation, actor, runId, statement, ...more }
  return { topic: 'executions', events: [{ kind, body }] }
}

export const stateNews = (execution: ExecutionRecord, kind: 'started' | 'running' | 'waiting'): TopicNews =>
  news(kind, execution)

export function endNews(execution: ExecutionRecord, result: ExecutionResult): TopicNews {
  const { state, done, failed, total, error } = result
  const reason = error ? { code: error.code, message: error.message.slice(0, messageLength) } : null
  return news('ended', execution, { state, done, failed, total, error: reason })
}
