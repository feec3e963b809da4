/** API Gateway's HTTP API on the gateway's own port: its routes, its events, its limits. */
import { randomUUID } from 'node:crypto'
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import type { Log } from '#operations/ports.ts'
import { headersOf, queryOf, requestTime } from './events.ts'
import { type GatewayHandlers, invoke } from './handlers.ts'
import type { GatewayLimits } from './limits.ts'
import { bodyUpTo } from './management-api.ts'

const paths: ReadonlySet<string> = new Set(['/health', '/ticket', '/first-owner'])

/** Anything else is answered 404 by the gateway itself. */
export const isRouted = (path: string): boolean => paths.has(path)

/** More than anybody needs to say who they are. */
const bodyBytes = 64 * 1024

interface Serving {
  readonly path: string
  readonly handlers: GatewayHandlers
  readonly limits: GatewayLimits
  readonly log: Log
}

export async function answerByFunction(
  request: IncomingMessage,
  response: ServerResponse,
  { path, handlers, limits, log }: Serving,
): Promise<void> {
  const body = await bodyUpTo(request, bodyBytes)
  if (!body) return end(response.setHeader('connection', 'close'), 413)
  try {
    const event = httpEvent(request, path, body.toString())
    const answer = await invoke('http-api', handlers.http, event, limits.integrationMs)
    for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, String(value))
    response.statusCode = answer.statusCode ?? 200
    response.end(answer.body)
  } catch (error) {
    log('error', 'A request could not be handled.', { error, path })
    end(response, 500)
  }
}

function end(response: ServerResponse, status: number): void {
  response.statusCode = status
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ message: STATUS_CODES[status] }))
}

/** Payload format 2.0. */
function httpEvent(request: IncomingMessage, path: string, body: string): APIGatewayProxyEventV2 {
  const { method = 'GET', url = '/', socket } = request
  const routeKey = `${method} ${path}`
  const headers = headersOf(request)
  const now = new Date()
  return {
    version: '2.0',
    routeKey,
    rawPath: path,
    rawQueryString: url.split('?', 2)[1] ?? '',
    headers,
    queryStringParameters: queryOf(request),
    requestContext: {
      accountId: '000000000000',
      apiId: 'local',
      domainName: headers.host ?? 'localhost',
      domainPrefix: 'local',
      http: {
        method,
        path,
        protocol: 'HTTP/1.1',
        sourceIp: socket.remoteAddress ?? '127.0.0.1',
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey,
      stage: '$default',
      time: requestTime(now),
      timeEpoch: now.getTime(),
    },
    body,
    isBase64Encoded: false,
  }
}
