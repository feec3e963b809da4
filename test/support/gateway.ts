/** A gateway on a free port with handlers of the test's own, and the management client that posts through it. */
import type { SocketEvent } from '#functions/socket-event.ts'
import { type Gateway, startGateway } from '#local/gateway/gateway.ts'
import type { GatewayHandlers } from '#local/gateway/handlers.ts'
import type { GatewayLimits } from '#local/gateway/limits.ts'
import { apiGatewayConnections } from '#operations/connection/api-gateway-connections.ts'

export const dummyCredentials = { accessKeyId: 'local', secretAccessKey: 'local' }

const policy = (effect: 'Allow' | 'Deny') => ({
  principalId: 'someone',
  policyDocument: {
    Version: '2012-10-17',
    Statement: [{ Action: 'execute-api:Invoke', Effect: effect, Resource: '*' }],
  },
  context: { tenantId: 't_1' },
})

/** Lets everybody in who says `Bearer good`, and does nothing with what they send. */
export const openHandlers: GatewayHandlers = {
  authorize: async ({ headers }) => {
    const shown = headers?.authorization
    if (shown === undefined) throw new Error('Unauthorized')
    return policy(shown === 'Bearer good' ? 'Allow' : 'Deny')
  },
  connect: async () => ({ statusCode: 200, headers: { 'Sec-WebSocket-Protocol': 'iasql.v1' } }),
  disconnect: async () => ({ statusCode: 200 }),
  message: async () => ({ statusCode: 200 }),
  http: async ({ routeKey }) => ({
    statusCode: routeKey === 'GET /health' ? 200 : 405,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ status: 'ok' }),
  }),
}

export interface TestGateway extends Gateway {
  readonly connections: ReturnType<typeof apiGatewayConnections>
  readonly logged: string[]
  /** Events of $connect, $default and $disconnect as they came. */
  readonly events: SocketEvent[]
}

export async function startTestGateway(
  handlers: Partial<GatewayHandlers> = {},
  limits: Partial<GatewayLimits> = {},
  port = 0,
): Promise<TestGateway> {
  const events: SocketEvent[] = []
  const logged: string[] = []
  const all = { ...openHandlers, ...handlers }
  const noting =
    (handler: GatewayHandlers['message']): GatewayHandlers['message'] =>
    (event, context) => {
      events.push(event)
      return handler(event, context)
    }
  const gateway = await startGateway({
    port,
    limits,
    log: (_level, message) => logged.push(message),
    handlers: {
      authorize: all.authorize,
      connect: noting(all.connect),
      disconnect: noting(all.disconnect),
      message: noting(all.message),
      http: all.http,
    },
  })
  const connections = apiGatewayConnections({
    endpoint: gateway.managementEndpoint,
    credentials: dummyCredentials,
  })
  return {
    ...gateway,
    connections,
    events,
    logged,
    close: async () => {
      connections.close()
      await gateway.close()
    },
  }
}
