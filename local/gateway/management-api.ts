/** API Gateway's @connections: post to, look at, or disconnect a client, as the SDK's management client asks for it. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { GatewayConnection } from './connection.ts'

type Answer = { readonly status: number; readonly errorType?: string; readonly body?: object }

const gone: Answer = { status: 410, errorType: 'GoneException' }
const tooLarge: Answer = {
  status: 413,
  errorType: 'PayloadTooLargeException',
  body: { message: 'Message too long' },
}
// The SDK tells errors by this header: without it a 410 is an unknown error.
const errorTypeHeader = 'x-amzn-errortype'

/** The connection id in a path below `prefix`, or undefined. */
export function connectionIdIn(path: string, prefix: string): string | undefined {
  const start = `${prefix}/@connections/`
  if (!path.startsWith(start)) return undefined
  try {
    return decodeURIComponent(path.slice(start.length))
  } catch {
    return undefined
  }
}

export async function answerManagement(
  request: IncomingMessage,
  response: ServerResponse,
  { connection, messageBytes }: { connection: GatewayConnection | undefined; messageBytes: number },
): Promise<void> {
  const { status, errorType, body } = await manage(request, connection, messageBytes)
  response.statusCode = status
  if (errorType) response.setHeader(errorTypeHeader, errorType)
  if (status === 413) response.setHeader('connection', 'close')
  response.setHeader('content-type', 'application/json')
  response.end(body ? JSON.stringify(body) : undefined)
}

async function manage(
  request: IncomingMessage,
  connection: GatewayConnection | undefined,
  messageBytes: number,
): Promise<Answer> {
  if (request.method === 'POST') {
    const message = await bodyUpTo(request, messageBytes)
    if (!message) return tooLarge
    return (await connection?.post(message)) === 'sent' ? { status: 200 } : gone
  }
  if (!connection?.isOpen) return gone
  if (request.method === 'GET') return { status: 200, body: describe(connection) }
  if (request.method !== 'DELETE') return { status: 405 }
  connection.close(1000, 'Connection Closed Normally')
  return { status: 204 }
}

function describe({ peer, lastActiveAt }: GatewayConnection): object {
  const { connectedAt, sourceIp, userAgent } = peer
  return {
    connectedAt: new Date(connectedAt).toISOString(),
    lastActiveAt: new Date(lastActiveAt).toISOString(),
    identity: { sourceIp, userAgent },
  }
}

/** Undefined: it is larger. */
export async function bodyUpTo(request: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > limit) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
