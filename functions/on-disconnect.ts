/** $disconnect: forgets the connection; its runs go on. */
import { closeConnection } from '#operations/connection/close-connection.ts'
import { lambda } from './lambda.ts'
import type { SocketEvent } from './socket-event.ts'

export const handler = lambda(async (ports, { requestContext }: SocketEvent) => {
  await closeConnection(ports, requestContext.connectionId)
  return { statusCode: 200 }
})
