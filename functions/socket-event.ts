/** The event that API Gateway hands to the functions of a WebSocket API: what its types leave out included. */
import type { APIGatewayEventWebsocketRequestContextV2 } from 'aws-lambda'

export interface SocketEvent {
  readonly requestContext: Omit<APIGatewayEventWebsocketRequestContextV2, 'messageId'> & {
    readonly messageId?: string
    /** What the authorizer returned at $connect, on every event of the connection. */
    readonly authorizer?: Readonly<Record<string, string>>
    readonly identity: { readonly sourceIp: string; readonly userAgent?: string }
    /** On $disconnect only. */
    readonly disconnectStatusCode?: number
    readonly disconnectReason?: string
  }
  /** On $connect only. */
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly queryStringParameters?: Readonly<Record<string, string | undefined>>
  readonly body?: string
  readonly isBase64Encoded: boolean
}
