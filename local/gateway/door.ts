/** From an upgrade request to an open connection, or to a refusal with API Gateway's status. */
import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import type { Log } from '#operations/ports.ts'
import { GatewayConnection } from './connection.ts'
import { disconnectEvent } from './events.ts'
import { type GatewayHandlers, invoke } from './handlers.ts'
import { shakeHands } from './handshake.ts'
import type { GatewayLimits } from './limits.ts'

export interface DoorSettings {
  /** Open connections by id; the door adds and removes them. */
  readonly connections: Map<string, GatewayConnection>
  readonly handlers: GatewayHandlers
  readonly limits: GatewayLimits
  readonly log: Log
}

type Door = (request: IncomingMessage, stream: Duplex, head: Buffer) => Promise<void>

export function openDoor({ connections, handlers, limits, log }: DoorSettings): Door {
  const subprotocols = new WeakMap<IncomingMessage, string>()
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: limits.messageBytes,
    handleProtocols: (_offered, request) => subprotocols.get(request) ?? false,
  })
  return async (request, stream, head) => {
    const hands = await shakeHands(request, handlers, limits.integrationMs)
    if (hands.kind === 'refused') {
      if (hands.error) log('error', 'A client could not connect.', { error: hands.error })
      refuse(stream, hands.status)
      return
    }
    const { peer, subprotocol } = hands
    if (subprotocol !== undefined) subprotocols.set(request, subprotocol)
    let connection: GatewayConnection | undefined
    sockets.handleUpgrade(request, stream, head, (socket) => {
      connection = new GatewayConnection({ peer, socket, stream, head, handlers, limits, log })
      connections.set(peer.connectionId, connection)
    })
    // The client left while it was being let in, or its upgrade was malformed: $connect has run, so $disconnect must.
    if (!connection)
      await invoke(
        'on-disconnect',
        handlers.disconnect,
        disconnectEvent(peer, 1006, ''),
        limits.integrationMs,
      ).catch((error: unknown) => log('warn', 'A disconnect could not be handled.', { error }))
    await connection?.ended
    connections.delete(peer.connectionId)
  }
}

/** Answers an upgrade without upgrading. */
export function refuse(stream: Duplex, status: number): void {
  const reason = STATUS_CODES[status] ?? 'Refused'
  const body = JSON.stringify({ message: reason })
  const head = [
    `HTTP/1.1 ${status} ${reason}`,
    'connection: close',
    'content-type: application/json',
    `content-length: ${body.length}`,
  ]
  stream.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}
