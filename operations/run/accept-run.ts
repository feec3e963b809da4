/** A run begins: split, stored with its first events, answered, and started without waiting for it. */
import { IasqlError } from '#engine/model/error.ts'
import { insertRun, type NewRun } from '#postgres/statements/run-insert.ts'
import { findRun } from '#postgres/statements/run-listeners.ts'
import {
  acceptReceivedRun,
  deleteRunParts,
  insertRunPart,
  readRunParts,
} from '#postgres/statements/run-part.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { ClientMessage, RunOptions } from '#websocket/messages.ts'
import { runBytes } from '#websocket/messages.ts'
import type { Session } from '../connection/session.ts'
import { wireError } from '../connection/wire-error.ts'
import { type EncodedEvent, encodeAccepted, encodeEvent } from '../events/encode-events.ts'
import { postRunEvents } from '../events/post-events.ts'
import { replayEvents } from '../events/replay-events.ts'
import type { Ports } from '../ports.ts'
import { readText, type TextReading } from '../statement/read-text.ts'
import { loadTenant } from '../tenant/load-tenant.ts'

type RunMessage = Extract<ClientMessage, { readonly action: 'run' }>
type PartMessage = Extract<ClientMessage, { readonly action: 'part' }>

/** The first events of a run, and its state: refused texts have ended before they begin. */
interface Beginning {
  readonly state: 'accepted' | 'failed'
  readonly events: readonly EncodedEvent[]
}

const beginningOf = (ports: Ports, reading: TextReading): Beginning => {
  if (reading.kind === 'statements') return { state: 'accepted', events: encodeAccepted(reading.summaries) }
  const error = wireError(reading.error, ports.log)
  const refused = encodeEvent({ type: 'error', statement: reading.statement, error })
  return { state: 'failed', events: [refused, encodeEvent({ type: 'done', state: 'failed' })] }
}

const stored = ({ state, events }: Beginning) => ({
  state,
  events: `[${events.join(',')}]`,
  eventCount: events.length,
})

const optionsOf = ({ stopOnError, maxRows }: RunOptions = {}): RunOptions => ({
  ...(stopOnError === undefined ? {} : { stopOnError }),
  ...(maxRows === undefined ? {} : { maxRows }),
})

/**
 * Sent again, a run is not run again: a connection that does not follow it yet gets what there is of it.
 * @throws IasqlError `protocol/too-large` above 4 MiB
 */
export async function acceptRun(
  ports: Ports,
  session: Session,
  message: Omit<RunMessage, 'action'>,
): Promise<void> {
  const { runId, sql, options } = message
  if (Buffer.byteLength(sql) > runBytes)
    throw new IasqlError('protocol/too-large', 'The text is longer than 4 MiB.')
  const tenant = await loadTenant(ports, session.tenantId)
  const beginning = beginningOf(ports, await readText(sql))
  const run: NewRun = {
    runId,
    actor: session.subject,
    role: session.role,
    connectionId: session.connectionId,
    isFollowed: true,
    options: optionsOf(options),
    text: beginning.state === 'accepted' ? await ports.cipher.encrypt(sql) : null,
    ...stored(beginning),
  }
  if (await insertRun(ports.platform, tenant, run)) return begin(ports, tenant, session, { runId, beginning })
  await followKnown(ports, tenant, session, runId)
}

/** @throws IasqlError `protocol/too-large` above 4 MiB, `protocol/bad-field` for another count of parts than before. */
export async function acceptPart(
  ports: Ports,
  session: Session,
  message: Omit<PartMessage, 'action'>,
): Promise<void> {
  const { runId, index, count, text, options } = message
  const tenant = await loadTenant(ports, session.tenantId)
  const received = await insertRunPart(ports.platform, tenant, {
    runId,
    actor: session.subject,
    role: session.role,
    connectionId: session.connectionId,
    options: optionsOf(options),
    place: index,
    count,
    text: await ports.cipher.encrypt(text),
    bytes: Buffer.byteLength(text),
  })
  if (received.state !== 'receiving') return followKnown(ports, tenant, session, runId)
  if (received.part_count !== count)
    throw new IasqlError('protocol/bad-field', 'count differs from that of the first part.')
  if (received.bytes_received > runBytes) {
    await deleteRunParts(ports.platform, tenant, runId)
    throw new IasqlError('protocol/too-large', 'The text is longer than 4 MiB.')
  }
  if (received.parts_received === count) await acceptReceived(ports, tenant, session, runId)
}

async function acceptReceived(ports: Ports, tenant: Tenant, session: Session, runId: string): Promise<void> {
  const parts = await readRunParts(ports.platform, tenant, runId)
  const texts = await Promise.all(parts.map((part) => ports.cipher.decrypt(part)))
  const beginning = beginningOf(ports, await readText(texts.join('')))
  const isFirst = await acceptReceivedRun(ports.platform, tenant, { runId, ...stored(beginning) })
  if (isFirst) await begin(ports, tenant, session, { runId, beginning })
}

async function begin(
  ports: Ports,
  tenant: Tenant,
  { connectionId }: Session,
  { runId, beginning }: { readonly runId: string; readonly beginning: Beginning },
): Promise<void> {
  const { events, state } = beginning
  await postRunEvents(ports, tenant, { runId, firstSeq: 1, events, listeners: [connectionId] })
  if (state === 'accepted') await ports.invoker.runStatements({ tenantId: tenant.id, runId })
}

async function followKnown(
  ports: Ports,
  tenant: Tenant,
  { connectionId }: Session,
  runId: string,
): Promise<void> {
  const known = await findRun(ports.platform, tenant, runId)
  if (known?.state === 'accepted') await ports.invoker.runStatements({ tenantId: tenant.id, runId })
  if (known?.listeners.includes(connectionId)) return
  await replayEvents(ports, tenant, { runId, connectionId, afterSeq: 0 })
}
