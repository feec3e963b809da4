/** $connect, after the authorizer: remembers the connection and agrees on the subprotocol. */
import { doorOf } from '#operations/connection/door.ts'
import { openConnection } from '#operations/connection/open-connection.ts'
import { subprotocol } from '#websocket/messages.ts'
import { lambda } from './lambda.ts'
import type { SocketEvent } from './socket-event.ts'

export const handler = lambda(async (ports, { requestContext, headers = {} }: SocketEvent) => {
  const { connectionId, domainName, stage, authorizer = {} } = requestContext
  const { tenantId, subject, role, member, until } = authorizer
  if (!tenantId || !subject || !role) return { statusCode: 403 }
  const connection = {
    connectionId,
    tenantId,
    subject,
    role,
    member,
    until,
    endpoint: `${domainName}/${stage}`,
  }
  const outcome = await openConnection(ports, connection, doorOf(process.env).room)
  if (outcome === 'full') return { statusCode: 429 }
  const name = 'Sec-WebSocket-Protocol'
  const offered = Object.entries(headers).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1] ?? ''
  const isOffered = offered.split(',').some((protocol) => protocol.trim() === subprotocol)
  return { statusCode: 200, ...(isOffered ? { headers: { [name]: subprotocol } } : {}) }
})
