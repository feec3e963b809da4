/** Events of runs and executions: a committed row first, then a message to whoever follows. */
import { IasqlError } from '#engine/model/error.ts'
import type { JsonObject } from '#engine/model/json.ts'
import {
  insertExecutionEvents,
  insertRunEvents,
  type StoredEvents,
} from '#postgres/statements/event-append.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { RunEvent, RunState } from '#websocket/messages.ts'
import type { Ports } from '../ports.ts'
import { type EncodedEvent, encodeEvent } from './encode-events.ts'
import { inTurn, turnOf } from './in-turn.ts'
import { postRunEvents } from './post-events.ts'
import { sealEvents } from './seal-events.ts'

export interface EncodedAppend {
  readonly runId: string
  readonly events: readonly EncodedEvent[]
  readonly fence?: number
  readonly endState?: RunState
}

/**
 * Stores and posts; resolves when they are stored, `posted` when they have left.
 * @throws IasqlError `system/internal` when the run has ended or has been taken over.
 */
export async function appendEncodedEvents(
  ports: Ports,
  tenant: Tenant,
  { events, ...append }: EncodedAppend,
): Promise<StoredEvents & { readonly posted: Promise<void> }> {
  const sealed = await sealEvents(ports.cipher, events)
  const stored = await insertRunEvents(ports.platform, tenant, {
    ...append,
    events: `[${sealed.join(',')}]`,
    count: events.length,
  })
  if (!stored) throw new IasqlError('system/internal', `run ${append.runId} has ended or is another runner's`)
  const { first_seq: firstSeq, listeners } = stored
  const posted = inTurn(ports.connections, turnOf(tenant, append.runId), () =>
    postRunEvents(ports, tenant, { runId: append.runId, firstSeq, events, listeners }),
  )
  return { ...stored, posted }
}

/** For whoever reports on behalf of a run. Events of a run that has ended are dropped. */
export async function appendRunEvents(
  ports: Ports,
  tenant: Tenant,
  runId: string,
  events: readonly RunEvent[],
): Promise<void> {
  if (events.length === 0) return
  const encoded = events.map(encodeEvent)
  const sealed = await sealEvents(ports.cipher, encoded)
  const stored = await insertRunEvents(ports.platform, tenant, {
    runId,
    events: `[${sealed.join(',')}]`,
    count: encoded.length,
  })
  if (!stored) return
  await inTurn(ports.connections, turnOf(tenant, runId), () =>
    postRunEvents(ports, tenant, {
      runId,
      firstSeq: stored.first_seq,
      events: encoded,
      listeners: stored.listeners,
    }),
  )
}

export async function appendExecutionEvents(
  ports: Ports,
  tenant: Tenant,
  executionId: string,
  events: readonly { readonly kind: string; readonly body: JsonObject }[],
): Promise<void> {
  if (events.length === 0) return
  await ports.platform.transaction((transaction) =>
    insertExecutionEvents(transaction, tenant, executionId, events),
  )
}
