/** Posting to clients through API Gateway's management API, which the local gateway answers too. */
import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GoneException,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi'
import type { Connections } from '../ports.ts'

export interface ConnectionsOptions {
  /** `https://<api>.execute-api.<region>.amazonaws.com/<stage>`, or the local gateway's `managementEndpoint`. */
  readonly endpoint: string
  readonly region?: string
  /** Absent: the SDK's own chain. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** How long an answer may take, milliseconds: by default longer than the local gateway waits for a slow client. */
  readonly answerMs?: number
}

/** @example const connections = apiGatewayConnections({ endpoint: gateway.managementEndpoint, credentials }) */
export function apiGatewayConnections({
  answerMs = 35_000,
  ...options
}: ConnectionsOptions): Connections & { disconnect(connectionId: string): Promise<void>; close(): void } {
  const client = new ApiGatewayManagementApiClient({
    region: 'us-east-1',
    // Unless told to throw, the SDK only warns, and all messages of the same run wait for ever.
    requestHandler: { connectionTimeout: 3_000, requestTimeout: answerMs, throwOnRequestTimeout: true },
    ...options,
  })
  return {
    post: async (connectionId, message) => {
      try {
        await client.send(new PostToConnectionCommand({ ConnectionId: connectionId, Data: message }))
        return 'sent'
      } catch (error) {
        if (error instanceof GoneException) return 'gone'
        throw error
      }
    },
    disconnect: async (connectionId) => {
      try {
        await client.send(new DeleteConnectionCommand({ ConnectionId: connectionId }))
      } catch (error) {
        if (!(error instanceof GoneException)) throw error
      }
    },
    close: () => client.destroy(),
  }
}
