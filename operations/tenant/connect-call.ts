/** `iasql_connect(alias)`. */
import { findConnectionMember } from '#postgres/statements/connection-member.ts'
import { putMember } from '#postgres/statements/member-change.ts'
import { countOwners } from '#postgres/statements/people.ts'
import { type FoundTenant, findTenant } from '#postgres/statements/tenant-find.ts'
import { replaceToken } from '#postgres/statements/token-replace.ts'
import { newTokenText, textHash } from '../people/bearer-text.ts'
import { changePeople } from '../people/change-people.ts'
import type { Ports } from '../ports.ts'
import type { RpcAnswer, RpcCall } from '../rpc/catalogue.ts'
import { refusal } from '../rpc/refusal.ts'
import { atDirectory } from './cell.ts'
import { createTenant } from './create-tenant.ts'
import { lineOf, requireHomeOwner } from './managed-tenant.ts'

const form = /^[a-z][a-z0-9_-]{0,62}$/

/** What a crash left half-made, nobody owns: the same call completes it. */
export async function connectCall(callers: Ports, call: RpcCall): Promise<RpcAnswer> {
  const ports = atDirectory(callers)
  await requireHomeOwner(ports, call)
  const alias = String(call.arguments[0] ?? '')
  if (!form.test(alias))
    throw refusal(
      '42602',
      `${alias === '' ? 'an empty text' : `"${alias.slice(0, 80)}"`} is no alias of a tenant`,
      'Use up to 63 small letters, digits, hyphens and underscores, a letter first, such as staging.',
    )
  const known = await findTenant(ports.platform, { alias })
  if (known && !(await isHalfMade(ports, known)))
    throw refusal(
      '42710',
      `there is a tenant ${alias} already${known.state === 'active' ? '' : `, which is ${known.state}`}`,
      'Choose another alias; SELECT * FROM iasql_db_list() lists those that are taken.',
    )
  await createTenant(ports, { alias, secrets: ports.secrets })
  const made = await findTenant(ports.platform, { alias })
  if (!made) throw refusal('P0002', `the tenant ${alias} is gone`, 'Somebody else has deleted it meanwhile.')
  const token = await makeOwner(ports, made, call)
  return { kind: 'rows', rows: [{ ...(await lineOf(ports, made)), token: token ?? null }] }
}

async function isHalfMade(
  { platform, identity }: Ports,
  { id, state, isHome }: FoundTenant,
): Promise<boolean> {
  if (state === 'creating' || isHome) return !isHome
  const owners = await countOwners(platform, { tenantId: id, membersCount: identity !== undefined })
  return state === 'active' && owners === 0
}

/** The text of a token, for one who has signed in by a token. */
async function makeOwner(
  ports: Ports,
  tenant: FoundTenant,
  { actor, connectionId }: RpcCall,
): Promise<string | undefined> {
  const member = connectionId ? await findConnectionMember(ports.platform, connectionId) : undefined
  if (member !== undefined) {
    await changePeople(ports, tenant, (db) =>
      putMember(db, { tenantId: tenant.id, subject: member, role: 'owner' }),
    )
    return undefined
  }
  const token = newTokenText()
  const made = { tenantId: tenant.id, name: actor, role: 'owner', tokenHash: textHash(token) } as const
  await changePeople(ports, tenant, (db) => replaceToken(db, made))
  return token
}
