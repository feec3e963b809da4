/** What a runner tells of its run: gathered, stored in batches, and posted while the next rows are being read. */
import type { Tenant } from '#postgres/tenant.ts'
import type { RunEvent, RunState } from '#websocket/messages.ts'
import { appendEncodedEvents } from '../events/append-events.ts'
import { type EncodedEvent, encodeEvent } from '../events/encode-events.ts'
import type { Ports } from '../ports.ts'

export interface RunLog {
  /** Gathers; nothing leaves before the next `flush` or `end`. */
  add(...events: readonly RunEvent[]): void
  addEncoded(events: readonly EncodedEvent[]): void
  flush(): Promise<void>
  /** Ends the run with what was gathered; returns when all messages have left. */
  end(state: RunState): Promise<void>
  /** Resolves when what is stored has left. */
  settle(): Promise<void>
  /** Somebody asked for the end of this run. */
  isCancelled(): boolean
  cancel(): void
}

/** Bytes of events in one request. */
const requestBytes = 900_000

export interface RunLogOptions {
  readonly runId: string
  readonly fence: number
  readonly isCancelled: boolean
}

export function openRunLog(ports: Ports, tenant: Tenant, options: RunLogOptions): RunLog {
  const { runId, fence } = options
  let isCancelled = options.isCancelled
  let gathered: EncodedEvent[] = []
  let posting: Promise<void> = Promise.resolve()

  const append = async (events: readonly EncodedEvent[], endState?: RunState): Promise<void> => {
    const ending = endState === undefined ? {} : { endState }
    const stored = await appendEncodedEvents(ports, tenant, { runId, events, fence, ...ending })
    isCancelled ||= stored.cancel_requested
    // At most one batch is on its way: a slow client holds the reading back instead of filling the memory.
    await posting
    posting = stored.posted
  }
  const flushAll = async (): Promise<void> => {
    while (gathered.length > 0) {
      let bytes = 0
      let count = 0
      while (count < gathered.length && bytes < requestBytes) bytes += gathered[count++]?.length ?? 0
      await append(gathered.slice(0, count))
      gathered = gathered.slice(count)
    }
  }
  // One after the other: rows are flushed while the next ones are read, and what comes then may be the end of it.
  let flushing: Promise<void> = Promise.resolve()
  const flush = (): Promise<void> => {
    flushing = flushing.then(flushAll, flushAll)
    return flushing
  }
  return {
    add: (...events) => {
      gathered.push(...events.map(encodeEvent))
    },
    addEncoded: (events) => {
      gathered.push(...events)
    },
    flush,
    end: async (state) => {
      const done = encodeEvent({ type: 'done', state })
      await flushing.catch(() => undefined)
      if (gathered.reduce((bytes, event) => bytes + event.length, 0) > requestBytes) await flush()
      await append([...gathered, done], state)
      gathered = []
      await posting
    },
    settle: () => posting,
    isCancelled: () => isCancelled,
    cancel: () => {
      isCancelled = true
    },
  }
}
