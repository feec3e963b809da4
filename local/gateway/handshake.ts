/** Who may open a socket: the authorizer decides, then the $connect function, both before the upgrade is answered. */
import type { IncomingMessage } from 'node:http'
import { authorizerEvent, connectEvent, type Peer, peerOf } from './events.ts'
import { type GatewayHandlers, invoke } from './handlers.ts'

/** `refused` with the status of the answer to the upgrade, as API Gateway gives it. */
export type Handshake =
  | { readonly kind: 'accepted'; readonly peer: Peer; readonly subprotocol: string | undefined }
  | { readonly kind: 'refused'; readonly status: number; readonly error?: unknown }

export async function shakeHands(
  request: IncomingMessage,
  handlers: GatewayHandlers,
  timeoutMs: number,
): Promise<Handshake> {
  const stranger = peerOf(request)
  try {
    const verdict = await invoke(
      'authorize',
      handlers.authorize,
      authorizerEvent(stranger, request),
      timeoutMs,
    )
    if (!isAllowed(verdict.policyDocument.Statement)) return { kind: 'refused', status: 403 }
    const context = { principalId: verdict.principalId, ...verdict.context }
    const authorizer = Object.fromEntries(
      Object.entries(context).map(([name, value]) => [name, String(value)]),
    )
    const peer = { ...stranger, authorizer }
    const result = await invoke('on-connect', handlers.connect, connectEvent(peer, request), timeoutMs)
    const { statusCode = 200, headers = {} } = result
    if (statusCode < 200 || statusCode > 299) return { kind: 'refused', status: statusCode }
    const chosen = Object.entries(headers).find(([name]) => name.toLowerCase() === 'sec-websocket-protocol')
    return { kind: 'accepted', peer, subprotocol: chosen && String(chosen[1]) }
  } catch (error) {
    // An authorizer that throws exactly this word means "who are you?", everything else is our own failure.
    const isUnknown = error instanceof Error && error.message === 'Unauthorized'
    return isUnknown ? { kind: 'refused', status: 401 } : { kind: 'refused', status: 500, error }
  }
}

const isAllowed = (statements: readonly { readonly Effect: string }[]): boolean =>
  statements.length > 0 && statements.every(({ Effect }) => Effect === 'Allow')
