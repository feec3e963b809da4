/** Who shows a bearer: the name of a token, or a person by their JWT; in which tenant, as what, and until when. */
import { IasqlError } from '#engine/model/error.ts'
import type { Role } from '#engine/model/rpc.ts'
import { findMemberships, noteName } from '#postgres/statements/membership-find.ts'
import { findToken, showTokenUse, touchToken } from '#postgres/statements/token-find.ts'
import { beingMoved } from '../move/being-moved.ts'
import type { Identity, Person, Ports } from '../ports.ts'
import { inCell } from '../tenant/cell.ts'
import { isJwt, textHash } from './bearer-text.ts'
import { chooseTenant } from './choose-tenant.ts'

export interface SignedIn {
  readonly tenantId: string
  /** What edits and runs are known by: a token's name, a person's verified e-mail address, else their subject. */
  readonly subject: string
  readonly role: Role
  /** Of the membership that it stands on; absent: a token. */
  readonly member?: string
  /** ISO 8601: when what was shown expires. */
  readonly until?: string
}

export interface Bearer {
  readonly text: string
  /** The alias of the tenant that is asked for. */
  readonly tenant: string | undefined
}

type SigningIn = Pick<Ports, 'platform' | 'cellDatabase' | 'identity'>

/** @throws IasqlError `auth/…`, in words for the one who shows it */
export async function signIn(ports: SigningIn, bearer: Bearer): Promise<SignedIn> {
  return isJwt(bearer.text) ? await asPerson(ports, bearer) : await asToken(ports, bearer)
}

/** The database compares hashes, so the time it takes tells nothing about a token. */
async function asToken(ports: SigningIn, { text, tenant }: Bearer): Promise<SignedIn> {
  const { platform } = ports
  const hash = textHash(text)
  const found = await findToken(platform, hash)
  if (!found) throw new IasqlError('auth/refused', 'There is no such token: it is wrong, or was revoked.')
  const { tenant_id: tenantId, name: subject, role, alias, expires_at: until } = found
  if (found.is_expired) throw new IasqlError('auth/expired', `The token ${subject} has expired.`)
  refuseInactive(found)
  if (tenant !== undefined && tenant !== alias)
    throw new IasqlError('auth/tenant', `The token ${subject} is of another tenant than ${tenant}.`)
  const usedAt = await touchToken(platform, hash)
  if (usedAt !== undefined) await showTokenUse(inCell(ports, found.cell).platform, found, usedAt)
  return { tenantId, subject, role, ...(until === null ? {} : { until }) }
}

async function asPerson(
  { platform, identity }: Pick<Ports, 'platform' | 'identity'>,
  { text, tenant }: Bearer,
): Promise<SignedIn> {
  const person = await personBehind(identity, text)
  const who = nameOf(person)
  const found = chooseTenant(await findMemberships(platform, person), { who, alias: tenant })
  refuseInactive(found)
  if (found.known_as !== who) await noteName(platform, found, who)
  return {
    tenantId: found.tenant_id,
    subject: who,
    role: found.role,
    member: found.member,
    until: person.expiresAt.toISOString(),
  }
}

/** @throws IasqlError `auth/refused` where there is no issuer to believe */
export async function personBehind(identity: Identity | undefined, jwt: string): Promise<Person> {
  if (identity) return await identity.verify(jwt)
  throw new IasqlError('auth/refused', 'This server has no issuer whose JWTs it believes.', {
    hint: 'Sign in with an API token, or set IASQL_OIDC_ISSUER and IASQL_OIDC_AUDIENCE.',
  })
}

/** What a person is called in history. */
export const nameOf = ({ subject, email }: Person): string => email ?? subject

/** @throws IasqlError `auth/suspended` */
export function refuseInactive({
  alias,
  tenant_state: state,
}: {
  readonly alias: string
  readonly tenant_state: string
}): void {
  if (state === 'moving') throw beingMoved(alias)
  if (state !== 'active') throw new IasqlError('auth/suspended', `The tenant ${alias} is ${state}.`)
}
