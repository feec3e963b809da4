/** API Gateway's limits of a WebSocket API, which the local gateway holds too; tests shorten them. */
import { serverMessageBytes } from '#websocket/messages.ts'

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html */
export interface GatewayLimits {
  /** Bytes of one frame of a client; larger closes with 1009. */
  readonly frameBytes: number
  /** Bytes of one message either way; larger closes with 1009, or is refused to the poster with 413. */
  readonly messageBytes: number
  readonly idleMs: number
  readonly connectionMs: number
  readonly integrationMs: number
  /** Bytes not yet taken by a client above which a post waits for it; ours, so that a slow client slows its poster. */
  readonly bufferedBytes: number
  /** How long such a post waits before the client counts as gone. */
  readonly stalledMs: number
  /** Messages of one client in the hands of the handlers at once; more wait in its socket. */
  readonly concurrentMessages: number
}

export const apiGatewayLimits: GatewayLimits = {
  frameBytes: 32 * 1024,
  messageBytes: serverMessageBytes,
  idleMs: 10 * 60_000,
  connectionMs: 2 * 3_600_000,
  integrationMs: 29_000,
  bufferedBytes: 1024 * 1024,
  stalledMs: 25_000,
  concurrentMessages: 64,
}
