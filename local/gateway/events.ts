/** API Gateway's own events, made from what happened on a socket. */
import { randomBytes, randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { APIGatewayRequestAuthorizerEvent } from 'aws-lambda'
import type { SocketEvent } from '#functions/socket-event.ts'

export const stage = 'local'
const apiId = 'local'
const arnPrefix = `arn:aws:execute-api:us-east-1:000000000000:${apiId}/${stage}`

/** What stays the same over one connection. */
export interface Peer {
  readonly connectionId: string
  readonly connectedAt: number
  readonly domainName: string
  readonly sourceIp: string
  readonly userAgent?: string
  readonly authorizer?: Readonly<Record<string, string>>
}

/** Sixteen characters that end in `=`, as API Gateway's do: whoever uses them in a path must encode them. */
export const newConnectionId = (): string => `${randomBytes(11).toString('base64url')}=`

export function peerOf(request: IncomingMessage): Peer {
  const userAgent = request.headers['user-agent']
  return {
    connectionId: newConnectionId(),
    connectedAt: Date.now(),
    domainName: request.headers.host ?? 'localhost',
    sourceIp: request.socket.remoteAddress ?? '127.0.0.1',
    ...(userAgent === undefined ? {} : { userAgent }),
  }
}

function contextOf(
  peer: Peer,
  routeKey: string,
  eventType: 'CONNECT' | 'MESSAGE' | 'DISCONNECT',
): SocketEvent['requestContext'] {
  const { connectionId, connectedAt, domainName, sourceIp, userAgent, authorizer } = peer
  const requestId = randomUUID()
  const now = new Date()
  return {
    routeKey,
    eventType,
    messageDirection: 'IN',
    stage,
    apiId,
    domainName,
    connectionId,
    connectedAt,
    requestId,
    extendedRequestId: requestId,
    requestTime: requestTime(now),
    requestTimeEpoch: now.getTime(),
    identity: { sourceIp, ...(userAgent === undefined ? {} : { userAgent }) },
    ...(authorizer ? { authorizer } : {}),
  }
}

/** `21/Nov/2026:07:40:12 +0000` */
export function requestTime(at: Date): string {
  const [, day, month, year, time] = at.toUTCString().split(' ')
  return `${day}/${month}/${year}:${time} +0000`
}

export const headersOf = (request: IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    Object.entries(request.headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(',') : value]],
    ),
  )
export const queryOf = (request: IncomingMessage): Record<string, string> =>
  Object.fromEntries(new URL(request.url ?? '/', 'http://localhost').searchParams)

export function authorizerEvent(peer: Peer, request: IncomingMessage): APIGatewayRequestAuthorizerEvent {
  const headers = headersOf(request)
  const queryStringParameters = queryOf(request)
  const lists = (values: Record<string, string>) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, [value]]))
  return {
    type: 'REQUEST',
    methodArn: `${arnPrefix}/$connect`,
    headers,
    multiValueHeaders: lists(headers),
    queryStringParameters,
    multiValueQueryStringParameters: lists(queryStringParameters),
    stageVariables: {},
    requestContext: contextOf(peer, '$connect', 'CONNECT'),
    // The published type is a REST API's: a WebSocket API sends neither path, method nor resource.
  } as unknown as APIGatewayRequestAuthorizerEvent
}

export const connectEvent = (peer: Peer, request: IncomingMessage): SocketEvent => ({
  headers: headersOf(request),
  queryStringParameters: queryOf(request),
  requestContext: contextOf(peer, '$connect', 'CONNECT'),
  isBase64Encoded: false,
})

export const messageEvent = (peer: Peer, body: string): SocketEvent => ({
  requestContext: { ...contextOf(peer, '$default', 'MESSAGE'), messageId: newConnectionId() },
  body,
  isBase64Encoded: false,
})

export const disconnectEvent = (peer: Peer, statusCode: number, reason: string): SocketEvent => ({
  requestContext: {
    ...contextOf(peer, '$disconnect', 'DISCONNECT'),
    disconnectStatusCode: statusCode,
    disconnectReason: reason,
  },
  isBase64Encoded: false,
})
