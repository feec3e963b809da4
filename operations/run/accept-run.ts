/** A run begins: split, stored with its first events, answered, and started without waiting for it. */
import { IasqlError } from '#engine/model/error.ts'
import { insertRun, type NewRun } from '#postgres/statements/run-insert.ts'
import { findRun } from '#postgres/statements/run-listeners.ts'
import {
  acceptReceivedRun,
  insertRunPart,
  type ReceivedParts,
  readRunParts,
} from '#postgres/statements/run-part.ts'
import { addStatements, type Rate } from '#postgres/statements/tenant-usage.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { ClientMessage, RunOptions } from '#websocket/messages.ts'
import { runBytes } from '#websocket/messages.ts'
import type { Session } from '../connection/session.ts'
import { wireError } from '../connection/wire-error.ts'
import { type EncodedEvent, encodeAccepted, encodeEvent } from '../events/encode-events.ts'
import { inTurn, turnOf } from '../events/in-turn.ts'
import { postRunEvents } from '../events/post-events.ts'
import { replayEvents, unknownRun } from '../events/replay-events.ts'
import { sealEvents } from '../events/seal-events.ts'
import type { Ports } from '../ports.ts'
import { readText, type TextReading } from '../statement/read-text.ts'
import { loadTenant } from '../tenant/load-tenant.ts'
import { refuseCrowd, refuseRate } from './admit-run.ts'

type RunMessage = Extract<ClientMessage, { readonly action: 'run' }>
type PartMessage = Extract<ClientMessage, { readonly action: 'part' }>

/** The first events of a run, and its state: refused texts have ended before they begin. */
interface Beginning {
  readonly state: 'accepted' | 'failed'
  readonly events: readonly EncodedEvent[]
}

const beginningOf = (ports: Ports, reading: TextReading): Beginning => {
  if (reading.kind === 'statements') return { state: 'accepted', events: encodeAccepted(reading.summaries) }
  return refusedBeginning(ports, reading.error, reading.statement)
}

const refusedBeginning = (ports: Ports, refusal: IasqlError, statement?: number): Beginning => {
  const error = wireError(refusal, ports.log)
  const refused = encodeEvent({ type: 'error', error, ...(statement === undefined ? {} : { statement }) })
  return { state: 'failed', events: [refused, encodeEvent({ type: 'done', state: 'failed' })] }
}

/** One that is refused as a whole is a statement, too. */
const countOf = (reading: TextReading): number =>
  reading.kind === 'statements' ? reading.summaries.length : 1

const tooLarge = (): IasqlError => new IasqlError('protocol/too-large', 'The text is longer than 4 MiB.')

/** A text that is refused is quoted by its error. */
const stored = async ({ cipher }: Ports, { state, events }: Beginning) => ({
  state,
  events: `[${(await sealEvents(cipher, events)).join(',')}]`,
  eventCount: events.length,
})

const optionsOf = ({ stopOnError, maxRows }: RunOptions = {}): RunOptions => ({
  ...(stopOnError === undefined ? {} : { stopOnError }),
  ...(maxRows === undefined ? {} : { maxRows }),
})

/**
 * Sent again, a run is not run again: a connection that does not follow it yet gets what there is of it.
 * @throws IasqlError `protocol/too-large` above 4 MiB, `quota/…` when the tenant has run all that it may,
 * `protocol/unknown-run` when the id is that of somebody else's run
 */
export async function acceptRun(
  ports: Ports,
  session: Session,
  message: Omit<RunMessage, 'action'>,
): Promise<void> {
  const { runId, sql, options } = message
  if (Buffer.byteLength(sql) > runBytes) throw tooLarge()
  const reading = await readText(sql)
  const [tenant, rate] = await Promise.all([
    loadTenant(ports, session.tenantId),
    addStatements(ports.platform, session.tenantId, countOf(reading)),
  ])
  const tooMany = refuseRate(tenant, rate)
  if (tooMany && !(await findRun(ports.platform, tenant, runId, session.subject))) throw tooMany
  const beginning = beginningOf(ports, reading)
  const run: NewRun = {
    runId,
    actor: session.subject,
    role: session.role,
    connectionId: session.connectionId,
    isFollowed: true,
    options: optionsOf(options),
    text: beginning.state === 'accepted' ? await ports.cipher.encrypt(sql) : null,
    mostOpen: rate?.runs_quota,
    ...(await stored(ports, beginning)),
  }
  if (await insertRun(ports.platform, tenant, run)) return begin(ports, tenant, session, { runId, beginning })
  await followKnown(ports, tenant, session, { runId, rate })
}

/**
 * A part of a run that has begun is a repetition.
 * @throws IasqlError `protocol/too-large` above 4 MiB, `protocol/bad-field` for another count of parts than before,
 * `protocol/unknown-run` when somebody else is sending this run
 */
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
  if (received.actor !== session.subject) throw unknownRun(runId)
  if (received.state !== 'receiving') return followKnown(ports, tenant, session, { runId })
  checkFits(received, session, message)
  if (received.bytes_received > runBytes) {
    const beginning = refusedBeginning(ports, tooLarge())
    await acceptReceivedRun(ports.platform, tenant, { runId, ...(await stored(ports, beginning)) })
    throw tooLarge()
  }
  if (received.parts_received === count) await acceptReceived(ports, tenant, session, runId)
}

function checkFits(
  received: ReceivedParts,
  { role }: Session,
  { runId, count }: Omit<PartMessage, 'action'>,
) {
  if (received.role !== role) throw unknownRun(runId)
  if (received.part_count !== count)
    throw new IasqlError('protocol/bad-field', 'count differs from that of the first part.')
}

async function acceptReceived(ports: Ports, tenant: Tenant, session: Session, runId: string): Promise<void> {
  const parts = await readRunParts(ports.platform, tenant, runId)
  const texts = await Promise.all(parts.map((part) => ports.cipher.decrypt(part)))
  const reading = await readText(texts.join(''))
  const rate = await addStatements(ports.platform, tenant.id, countOf(reading))
  const tooMany = refuseRate(tenant, rate) ?? (await refuseCrowd(ports, tenant, rate))
  const beginning = tooMany ? refusedBeginning(ports, tooMany) : beginningOf(ports, reading)
  const accepted = await acceptReceivedRun(ports.platform, tenant, {
    runId,
    ...(await stored(ports, beginning)),
  })
  if (accepted) await begin(ports, tenant, session, { runId, beginning })
}

/** A client that does not read what it is sent does not hold up the start; the runner's messages leave after these. */
async function begin(
  ports: Ports,
  tenant: Tenant,
  { connectionId }: Session,
  { runId, beginning }: { readonly runId: string; readonly beginning: Beginning },
): Promise<void> {
  const { events, state } = beginning
  const posted = inTurn(ports.connections, turnOf(tenant, runId), () =>
    postRunEvents(ports, tenant, { runId, firstSeq: 1, events, listeners: [connectionId] }),
  )
  ports.count?.('Runs')
  if (state === 'accepted') await ports.invoker.runStatements({ tenantId: tenant.id, runId })
  await posted
}

async function followKnown(
  ports: Ports,
  tenant: Tenant,
  { connectionId, subject: actor }: Session,
  { runId, rate }: { readonly runId: string; readonly rate?: Rate | undefined },
): Promise<void> {
  const known = await findRun(ports.platform, tenant, runId, actor)
  const crowded = known ? undefined : await refuseCrowd(ports, tenant, rate)
  if (crowded) throw crowded
  if (known?.state === 'accepted') await ports.invoker.runStatements({ tenantId: tenant.id, runId })
  if (known?.listeners.includes(connectionId)) return
  await replayEvents(ports, tenant, { runId, connectionId, actor, afterSeq: 0 })
}
