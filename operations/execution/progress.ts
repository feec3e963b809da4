/** Tells clients how an execution goes: transitions are gathered, stored and sent in batches, off the path of the work. */
import type { JsonObject } from '#engine/model/json.ts'
import type { ExecutionRecord } from '#postgres/statements/execution-acquire.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { RunEvent } from '#websocket/messages.ts'
import { appendExecutionEvents, appendRunEvents } from '../events/append-events.ts'
import type { Ports } from '../ports.ts'
import { type Told, type Transition, underWay } from './under-way.ts'

export interface Progress {
  report(transition: Transition): void
  notice(message: string, hint?: string): void
  /** Resolves when everything reported so far is stored. */
  flush(): Promise<void>
  /** From now on nothing is repeated. */
  close(): Promise<void>
}

/** How often what goes on in silence is looked for: half of what clients may rely on. */
const beatMs = 5_000
/** A client gets what happened in this time at once, the latest of each change. */
const windowMs = 200
/** Messages of progress for one window; `iasql_event` has every transition. */
const mostOfWindow = 25

export function trackProgress(ports: Ports, tenant: Tenant, execution: ExecutionRecord): Progress {
  const executionId = String(execution.execution_id)
  const statement = execution.statement ?? 0
  const nowMs = (): number => ports.clock.now().getTime()
  const sinceMs = new Date(execution.started_at).getTime()
  const work = underWay({ action: execution.kind, sinceMs }, nowMs())
  const closed = new AbortController()
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
  const tell = ({ changeId, table, row, action, state, message, elapsedMs }: Told): void =>
    add({
      type: 'progress',
      statement,
      executionId,
      changeId: changeId === null ? null : String(changeId),
      table,
      row,
      action,
      state,
      message,
      elapsedMs,
    })
  const beating = (async () => {
    while (!closed.signal.aborted) {
      await ports.clock.sleep(beatMs, closed.signal).catch(() => undefined)
      if (!closed.signal.aborted) for (const told of work.silent(nowMs())) tell(told)
    }
  })()
  return {
    report(transition) {
      const told = work.tell(transition, nowMs())
      if (told) tell(told)
    },
    notice: (message, hint) => add({ type: 'notice', statement, message, ...(hint ? { hint } : {}) }),
    async flush() {
      window.abort()
      while (pending.length > 0 || writing) await write()
      window = new AbortController()
    },
    async close() {
      closed.abort()
      await beating
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
