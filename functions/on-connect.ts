/** $connect, after the authorizer: remembers the connection and agrees on the subprotocol. */
import { openConnection } from '#operations/connection/open-connection.ts'
import { subprotocol } from '#websocket/messages.ts'
import { lambda } from './lambda.ts'
import type { SocketEvent } from './socket-event.ts'

export const handler = lambda(async (ports, { requestContext, headers = {} }: SocketEvent) => {
  const { connectionId, domainName, stage, authorizer = {} } = requestContext
  const { tenantId, subject, role } = authorizer
  if (!tenantId || !subject || !role) return { statusCode: 403 }
  await openConnection(ports, {
    connectionId,
    tenantId,
    subject,
    role,
    endpoint: `${domainName}/${stage}`,
  })
  const name = 'Sec-WebSocket-Protocol'
  const offered = Object.entries(headers).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1] ?? ''
  const isOffered = offered.split(',').some((protocol) => protocol.trim() === subprotocol)
  return { statusCode: 200, ...(isOffered ? { headers: { [name]: subprotocol } } : {}) }
})
