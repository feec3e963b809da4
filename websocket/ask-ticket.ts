/** Asks for a ticket over HTTPS: what a browser opens its socket with, and where a refusal says why. */
import { isObject } from './codec.ts'
import type { WireError } from './messages.ts'

export interface TicketRequest {
  /** Of the HTTP API, without a slash at the end. */
  readonly httpUrl: string
  /** An API token or a JWT. */
  readonly token: string
  /** Alias of the tenant, for who is a member of several. */
  readonly tenant?: string | undefined
  readonly timeoutMs?: number
}

/** `unknown`: something answers that is no HTTP API of ours. */
export type TicketAnswer =
  | { readonly kind: 'ticket'; readonly ticket: string; readonly expiresAt: string }
  | { readonly kind: 'refused'; readonly error: WireError }
  | { readonly kind: 'unknown' }

/**
 * Rejects when nothing answers.
 * @example const answer = await askTicket({ httpUrl: 'http://127.0.0.1:8088', token })
 */
export async function askTicket({
  httpUrl,
  token,
  tenant,
  timeoutMs = 30_000,
}: TicketRequest): Promise<TicketAnswer> {
  const response = await fetch(`${httpUrl}/ticket`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(tenant === undefined ? {} : { tenant }),
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  })
  const body: unknown = await response.json().catch(() => undefined)
  if (!isObject(body)) return { kind: 'unknown' }
  if (response.ok && typeof body.ticket === 'string' && typeof body.expiresAt === 'string')
    return { kind: 'ticket', ticket: body.ticket, expiresAt: body.expiresAt }
  return typeof body.code === 'string' && typeof body.message === 'string'
    ? { kind: 'refused', error: body as unknown as WireError }
    : { kind: 'unknown' }
}
