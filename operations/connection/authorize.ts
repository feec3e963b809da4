/** Whether a client may connect, and as whom: decided once, before the socket opens. */
import { IasqlError } from '#engine/model/error.ts'
import { type SignedIn, signIn } from '../people/sign-in.ts'
import { limitFailures } from '../people/sign-in-failures.ts'
import { redeemTicket } from '../people/tickets.ts'
import type { Ports } from '../ports.ts'

/** `anonymous`: nothing to go by; `refused`: what was shown is no good. */
export type Authorization =
  | ({ readonly kind: 'allowed' } & SignedIn)
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'refused'; readonly error: IasqlError }

export interface Credentials {
  /** The Authorization header. */
  readonly authorization: string | undefined
  /** Instead of it, from a browser. */
  readonly ticket?: string | undefined
  /** The Origin header: browsers always send it, programs do not. */
  readonly origin: string | undefined
  readonly allowedOrigins: readonly string[]
  /** The alias of the tenant that is asked for. */
  readonly tenant?: string | undefined
  /** IP address of the client. */
  readonly address: string
}

type Authorizing = Pick<Ports, 'platform' | 'cellDatabase' | 'identity' | 'log'>

/** @throws what is nobody's fault but ours, or the issuer's */
export async function authorize(ports: Authorizing, credentials: Credentials): Promise<Authorization> {
  try {
    refuseForeign(credentials)
    const signedIn = await showing(ports, credentials)
    return signedIn ? { kind: 'allowed', ...signedIn } : { kind: 'anonymous' }
  } catch (error) {
    if (error instanceof IasqlError && error.blame === 'user') return { kind: 'refused', error }
    throw error
  }
}

async function showing(ports: Authorizing, credentials: Credentials): Promise<SignedIn | undefined> {
  const { authorization, ticket, origin, tenant, address } = credentials
  const text = bearerIn(authorization)
  if (text !== undefined)
    return await limitFailures(ports, { address, shown: text }, () => signIn(ports, { text, tenant }))
  if (!ticket) return undefined
  return await limitFailures(ports, { address, shown: ticket }, () => redeemTicket(ports, { ticket, origin }))
}

/** @throws IasqlError `auth/origin`: a page that somebody happens to look at may not use what they are signed in with */
export function refuseForeign({
  origin,
  allowedOrigins,
}: Pick<Credentials, 'origin' | 'allowedOrigins'>): void {
  if (origin !== undefined && !allowedOrigins.includes(origin))
    throw new IasqlError('auth/origin', `Pages of ${origin.slice(0, 200)} may not connect.`)
}

export const bearerIn = (authorization: string | undefined): string | undefined =>
  /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
