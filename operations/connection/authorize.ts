/** Whether a client may connect, and as whom: decided once, before the socket opens. */
import { createHash } from 'node:crypto'
import type { Role } from '#engine/model/rpc.ts'
import { findToken, touchToken } from '#postgres/statements/token-find.ts'
import type { Ports } from '../ports.ts'

/** `anonymous`: nothing to go by; `refused`: what was shown is no good. */
export type Authorization =
  | { readonly kind: 'allowed'; readonly tenantId: string; readonly subject: string; readonly role: Role }
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'refused' }

export interface Credentials {
  /** The Authorization header. */
  readonly authorization: string | undefined
  /** The Origin header: browsers always send it, programs do not. */
  readonly origin: string | undefined
  readonly allowedOrigins: readonly string[]
}

/** How a token is stored. */
export const tokenHash = (token: string): string => createHash('sha256').update(token, 'utf8').digest('hex')

/** The database compares hashes, so the time it takes tells nothing about a token. */
export async function authorize(
  { platform }: Pick<Ports, 'platform'>,
  { authorization, origin, allowedOrigins }: Credentials,
): Promise<Authorization> {
  if (origin !== undefined && !allowedOrigins.includes(origin)) return { kind: 'refused' }
  const [, token] = /^Bearer +(\S+)$/i.exec(authorization ?? '') ?? []
  if (token === undefined) return { kind: 'anonymous' }
  const hash = tokenHash(token)
  const found = await findToken(platform, hash)
  if (!found) return { kind: 'refused' }
  await touchToken(platform, hash)
  return { kind: 'allowed', tenantId: found.tenant_id, subject: found.name, role: found.role }
}
