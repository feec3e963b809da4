/** API Gateway's WebSocket API on one machine: a loopback port in front of the functions that Lambda would run. */
import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Log } from '#operations/ports.ts'
import type { GatewayConnection } from './connection.ts'
import { openDoor, refuse } from './door.ts'
import type { GatewayHandlers } from './handlers.ts'
import { answerByFunction, isRouted } from './http-api.ts'
import { apiGatewayLimits, type GatewayLimits } from './limits.ts'
import { answerManagement, connectionIdIn } from './management-api.ts'

export interface GatewaySettings {
  /** 0: any free one. */
  readonly port: number
  readonly host?: '127.0.0.1' | '::1'
  readonly handlers: GatewayHandlers
  readonly limits?: Partial<GatewayLimits>
  readonly log: Log
}

export interface Gateway {
  /** Where clients connect: `ws://127.0.0.1:8088/`. */
  readonly url: string
  /** Endpoint for the SDK's management client. It holds a secret: whoever knows it can post to every client. */
  readonly managementEndpoint: string
  readonly port: number
  /** Closes every connection with 1001 and waits for their $disconnect. */
  close(): Promise<void>
}

/** Rejects with a message for people when the port is taken. */
export async function startGateway(settings: GatewaySettings): Promise<Gateway> {
  const { host = '127.0.0.1', handlers, log } = settings
  const limits = { ...apiGatewayLimits, ...settings.limits }
  const connections = new Map<string, GatewayConnection>()
  const server = createServer()
  // AWS signs requests to @connections; here a path that only this process knows keeps other users and pages out.
  const secretPath = `/${randomBytes(24).toString('base64url')}`

  server.on('request', (request, response) =>
    answer(request, response, { connections, secretPath, handlers, limits, log }),
  )
  const door = openDoor({ connections, handlers, limits, log })
  server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    stream.on('error', (error) => log('debug', 'A connection failed.', { error: error.message }))
    if (!isForUs(request)) refuse(stream, 403)
    else if (pathOf(request) !== '/') refuse(stream, 404)
    else void door(request, stream, head)
  })

  const port = await listen(server, settings.port, host)
  const authority = `${host === '::1' ? '[::1]' : host}:${port}`
  return {
    url: `ws://${authority}/`,
    managementEndpoint: `http://${authority}${secretPath}`,
    port,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const connection of connections.values()) connection.close(1001, 'Going away')
      await Promise.all([...connections.values()].map(({ ended }) => ended))
      server.closeAllConnections()
      await closed
    },
  }
}

interface Serving {
  readonly connections: ReadonlyMap<string, GatewayConnection>
  readonly secretPath: string
  readonly handlers: GatewayHandlers
  readonly limits: GatewayLimits
  readonly log: Log
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { connections, secretPath, handlers, limits, log }: Serving,
): void {
  const path = pathOf(request)
  const id = connectionIdIn(path, secretPath)
  if (!isForUs(request) || (id !== undefined && request.headers.origin !== undefined)) send(response, 403)
  else if (id !== undefined) {
    const connection = connections.get(id)
    const { messageBytes } = limits
    answerManagement(request, response, { connection, messageBytes }).catch((error: unknown) => {
      log('warn', 'A post was cut off.', { error })
      response.destroy()
    })
  } else if (isRouted(path)) {
    answerByFunction(request, response, { path, handlers, limits, log }).catch((error: unknown) => {
      log('warn', 'A request was cut off.', { error })
      response.destroy()
    })
  } else send(response, 404)
}

function send(response: ServerResponse, status: number): void {
  response.statusCode = status
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ message: STATUS_CODES[status] }))
}

const pathOf = (request: IncomingMessage): string => (request.url ?? '/').split('?', 1)[0] ?? '/'

/** A name that a web page made resolve to this machine is not ours: only loopback's own names are. */
const isForUs = (request: IncomingMessage): boolean =>
  /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(request.headers.host ?? '')

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? portTaken(port, host, error) : error),
    )
    server.listen({ port, host }, () => resolve((server.address() as AddressInfo).port))
  })
}

const portTaken = (port: number, host: string, cause: Error): Error =>
  new Error(
    `Port ${port} of ${host} is taken by another program. Choose another with IASQL_PORT, or IASQL_PORT=0 for any free one.`,
    { cause },
  )
