/** How a deployment gets its first owner: by a secret that only whoever deployed it can read, good once and for a week. */
import { IasqlError } from '#engine/model/error.ts'
import { authored } from '#postgres/authored-database.ts'
import type { Database, Queryable } from '#postgres/database.ts'
import { lockSecret, noteSecretUsed, offerSecret } from '#postgres/statements/first-owner.ts'
import { putMember } from '#postgres/statements/member-change.ts'
import { findMemberships } from '#postgres/statements/membership-find.ts'
import { countOwners } from '#postgres/statements/people.ts'
import { findTenant } from '#postgres/statements/tenant-find.ts'
import { deleteToken, insertToken } from '#postgres/statements/token-change.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { Ports } from '../ports.ts'
import { newTokenText, textHash } from './bearer-text.ts'
import { changePeople } from './change-people.ts'
import { nameOf, personBehind } from './sign-in.ts'

const days = 7
/** The name of the token that the first owner gets where nobody signs in by JWT. */
const tokenName = 'first-owner'

/**
 * Makes the secret good for a week from now on; nothing happens when the tenant has an owner, or the secret was used. Safe to
 * repeat, as deployments are.
 * @example await offerFirstOwner(ports, { tenantId: home.id, secret })
 */
export async function offerFirstOwner(
  { platform, identity }: Pick<Ports, 'platform' | 'identity'>,
  { tenantId, secret }: { readonly tenantId: string; readonly secret: string },
): Promise<void> {
  const owners = await countOwners(platform, { tenantId, membersCount: identity !== undefined })
  if (owners === 0) await offerSecret(platform, { secretHash: textHash(secret), tenantId, days })
}

export interface FirstOwner {
  readonly tenant: string
  readonly subject: string
  /** Where nobody signs in by JWT: shown this once. */
  readonly token?: string
}

/** @throws IasqlError `auth/first-owner`, or why the JWT is no good */
export async function becomeFirstOwner(
  { platform, identity }: Pick<Ports, 'platform' | 'identity'>,
  { secret, bearer }: { readonly secret: string; readonly bearer: string | undefined },
): Promise<FirstOwner> {
  if (identity && bearer === undefined)
    throw new IasqlError('auth/refused', 'Nobody is signed in, so there is nobody to make an owner.', {
      hint: 'Sign in at the issuer first, and send its JWT along with the secret.',
    })
  const person = identity && bearer !== undefined ? await personBehind(identity, bearer) : undefined
  const subject = person ? nameOf(person) : tokenName
  const tenant = await tenantOf(platform, textHash(secret))
  const ports = { identity, platform: authored(platform, { actor: subject }) }
  return await changePeople(ports, tenant, async (db) => {
    await spend(db, { secretHash: textHash(secret), subject, membersCount: identity !== undefined })
    if (person) {
      const known = (await findMemberships(db, person)).find((one) => one.tenant_id === tenant.id)
      await putMember(db, { tenantId: tenant.id, subject: known?.member ?? subject, role: 'owner' })
      return { tenant: tenant.alias, subject }
    }
    const token = newTokenText()
    await deleteToken(db, { tenantId: tenant.id, name: tokenName })
    await insertToken(db, { tenantId: tenant.id, name: tokenName, role: 'owner', tokenHash: textHash(token) })
    return { tenant: tenant.alias, subject, token }
  })
}

async function tenantOf(platform: Database, secretHash: string): Promise<Tenant> {
  const offered = await platform.transaction((transaction) => lockSecret(transaction, secretHash))
  const tenant = offered && (await findTenant(platform, { id: offered.tenant_id }))
  if (tenant) return tenant
  throw refused('The secret is wrong.')
}

interface Spending {
  readonly secretHash: string
  readonly subject: string
  readonly membersCount: boolean
}

/** Under the lock of the tenant's people: of two who show it at once, one comes first. */
async function spend(db: Queryable, { secretHash, subject, membersCount }: Spending): Promise<void> {
  const offered = await lockSecret(db, secretHash)
  if (!offered) throw refused('The secret is wrong.')
  if (offered.used_at !== null) throw refused('The secret was used before.')
  if (offered.is_expired) throw refused('The secret has expired.')
  const owners = await countOwners(db, { tenantId: offered.tenant_id, membersCount })
  if (owners > 0) throw refused('There is an owner already.')
  await noteSecretUsed(db, { secretHash, by: subject })
}

const refused = (why: string): IasqlError => new IasqlError('auth/first-owner', why)
