/** One message of a client: who speaks is checked afresh, then the operation that it asks for does the rest. */
import { IasqlError } from '#engine/model/error.ts'
import { findConnectionSession } from '#postgres/statements/connection-session.ts'
import type { Decoded } from '#websocket/codec.ts'
import type { ClientMessage, RefusalMessage, ServerMessage } from '#websocket/messages.ts'
import { refuseInactive } from '../people/sign-in.ts'
import type { Ports } from '../ports.ts'
import { acceptPart, acceptRun } from '../run/accept-run.ts'
import { cancelRun } from '../run/cancel-run.ts'
import { moreRows } from '../run/more-rows.ts'
import { resumeRun } from '../run/resume-run.ts'
import { inCell } from '../tenant/cell.ts'
import { subscribe } from '../topics/subscribe.ts'
import { unsubscribe } from '../topics/unsubscribe.ts'
import type { Session } from './session.ts'
import { tellingOfWaking } from './tell-waking.ts'
import { wireError } from './wire-error.ts'

/** Whatever goes wrong is answered on the socket, which stays open unless its session has ended. */
export async function receiveMessage(ports: Ports, connectionId: string, decoded: Decoded): Promise<void> {
  await tellingOfWaking(ports, connectionId, () => receive(ports, connectionId, decoded))
}

async function receive(ports: Ports, connectionId: string, decoded: Decoded): Promise<void> {
  try {
    const { session, cell } = await sessionOf(ports, connectionId)
    if (decoded.kind === 'bad') throw new IasqlError(decoded.code, decoded.message)
    await dispatch(inCell(ports, cell), session, decoded.message)
  } catch (error) {
    await post(ports, connectionId, refusal(ports, error, decoded))
    if (error instanceof IasqlError && ending.has(error.code))
      await ports.connections.disconnect?.(connectionId)
  }
}

/** After these nobody is signed in on the connection any more. */
const ending: ReadonlySet<string> = new Set(['auth/refused', 'auth/expired', 'auth/suspended'])

/** Where they speak to: the cell of their tenant, if it has one. */
interface Speaking {
  readonly session: Session
  readonly cell: string | null
}

/** The role is that of now: a new one holds from the next message on. */
async function sessionOf({ platform }: Ports, connectionId: string): Promise<Speaking> {
  const found = await findConnectionSession(platform, connectionId)
  if (!found) throw new IasqlError('auth/refused', 'This connection is not signed in any more.')
  refuseInactive(found)
  if (found.is_expired)
    throw new IasqlError('auth/expired', 'What this connection signed in with has expired.')
  if (found.role === null)
    throw new IasqlError('auth/refused', 'What this connection signed in with was revoked or removed.')
  const { tenant_id: tenantId, subject, role, cell } = found
  return { session: { connectionId, tenantId, subject, role }, cell }
}

async function dispatch(ports: Ports, session: Session, message: ClientMessage): Promise<void> {
  switch (message.action) {
    case 'run':
      return acceptRun(ports, session, message)
    case 'part':
      return acceptPart(ports, session, message)
    case 'cancel':
      return cancelRun(ports, session, message)
    case 'resume':
      return resumeRun(ports, session, message)
    case 'more':
      return moreRows(ports, session, message)
    case 'ping':
      return post(ports, session.connectionId, { type: 'pong' })
    case 'subscribe':
      return subscribe(ports, session, message)
    case 'unsubscribe':
      return unsubscribe(ports, session, message)
  }
}

function refusal(ports: Ports, error: unknown, decoded: Decoded): RefusalMessage {
  const asked: { readonly action?: ClientMessage['action']; readonly runId?: string } =
    decoded.kind === 'message' ? decoded.message : decoded
  return {
    type: 'error',
    error: wireError(error, ports.log),
    ...(asked.runId === undefined ? {} : { runId: asked.runId }),
    ...(asked.action === undefined ? {} : { action: asked.action }),
  }
}

async function post({ connections }: Ports, connectionId: string, message: ServerMessage): Promise<void> {
  await connections.post(connectionId, JSON.stringify(message))
}
