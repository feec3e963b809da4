/** Tells clients how an execution goes: transitions are gathered, stored and sent in batches, off the path of the work. */
import type { JsonObject } from '#engine/model/json.ts'
import type { ExecutionRecord } from '#postgres/statements/execution-acquire.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { RunEvent } from '#websocket/messages.ts'
import { appendExecutionEvents, appendRunEvents } from '../events/append-events.ts'
import type { Ports } from '../ports.ts'

export interface Transition {
  readonly changeId: number | null
  readonly table: string | null
  readonly row: string | null
  readonly action: string
  readonly state: string
  readonly message: string
}

export interface Progress {
  report(transition: Transition): void
  notice(message: string, hint?: string): void
  /** Resolves when everything reported so far is stored. */
  flush(): Promise<void>
}

/** A client gets what happened in this time at once, the latest of each change. */
const windowMs = 200
/** Messages of progress for one window; `iasql_event` has every transition. */
const mostOfWindow = 25

export function trackProgress(ports: Ports, tenant: Tenant, execution: ExecutionRecord): Progress {
  const executionId = String(execution.execution_id)
  const statement = execution.statement ?? 0
  const startedMs = new Date(execution.started_at).getTime()
  const pending: RunEvent[] = []
  let writing: Promise<void> | undefined
  let window = new AbortController()

  const writeAll = async (): Promise<void> => {
    while (pending.length > 0) {
      const batch = pending.splice(0)
      await Promise.all([
        execution.run_id ? appendRunEvents(ports, tenant, execution.run_id, newsOf(batch)) : undefined,
        appendExecutionEvents(ports, tenant, executionId, batch.map(executionEvent)),
      ])
      await ports.clock.sleep(windowMs, window.signal).catch(() => undefined)
    }
  }
  const write = (): Promise<void> => {
    writing ??= writeAll().finally(() => {
      writing = undefined
    })
    return writing
  }
  const add = (event: RunEvent): void => {
    pending.push(event)
    write().catch((error: unknown) =>
      ports.log('warn', 'progress of an execution could not be stored', { executionId, error }),
    )
  }
  return {
    report: (transition) =>
      add({
        type: 'progress',
        statement,
        executionId,
        ...transition,
        changeId: transition.changeId === null ? null : String(transition.changeId),
        elapsedMs: Math.max(0, ports.clock.now().getTime() - startedMs),
      }),
    notice: (message, hint) => add({ type: 'notice', statement, message, ...(hint ? { hint } : {}) }),
    async flush() {
      window.abort()
      while (pending.length > 0 || writing) await write()
      window = new AbortController()
    },
  }
}

/** Of each change only where it is now; of very many changes only the latest, and all that failed. */
function newsOf(events: readonly RunEvent[]): readonly RunEvent[] {
  const latest = new Map<string, RunEvent>()
  for (const event of events) {
    const isAboutOne = event.type === 'progress' && event.changeId !== null
    const key = isAboutOne ? String(event.changeId) : `other ${latest.size}`
    latest.delete(key)
    latest.set(key, event)
  }
  const news = [...latest.values()]
  return news.filter(
    (event, index) =>
      index >= news.length - mostOfWindow || event.type !== 'progress' || event.state === 'failed',
  )
}

function executionEvent(event: RunEvent): { readonly kind: string; readonly body: JsonObject } {
  const { type, ...body } = event
  return { kind: type, body: body as unknown as JsonObject }
}
