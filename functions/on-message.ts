/** The socket's one door: reads the message, lets the operation check the session and do the rest. */
import { receiveMessage } from '#operations/connection/receive-message.ts'
import { decodeClientMessage } from '#websocket/codec.ts'
import { lambda } from './lambda.ts'
import type { SocketEvent } from './socket-event.ts'

export const handler = lambda(async (ports, { requestContext, body }: SocketEvent) => {
  await receiveMessage(ports, requestContext.connectionId, decodeClientMessage(body ?? ''))
  return { statusCode: 200 }
})
