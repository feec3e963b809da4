/** `iasql_token_create(name, role, expires_at?)` and `iasql_token_revoke(name)`. */
import type { Json } from '#engine/model/json.ts'
import type { Queryable } from '#postgres/database.ts'
import { databaseErrorOf } from '#postgres/database-error.ts'
import { loadPeople } from '#postgres/statements/people.ts'
import { deleteToken, insertToken, type TokenRow } from '#postgres/statements/token-change.ts'
import type { Ports } from '../ports.ts'
import type { RpcAnswer, RpcCall } from '../rpc/catalogue.ts'
import { nearest } from '../rpc/nearest.ts'
import { refusal } from '../rpc/refusal.ts'
import { newTokenText, textHash } from './bearer-text.ts'
import { changePeople, refuseTakenName, roleNamed } from './change-people.ts'
import { endSessions } from './end-sessions.ts'

export async function createToken(ports: Ports, { tenant, arguments: given }: RpcCall): Promise<RpcAnswer> {
  const name = tokenName(given[0])
  const role = roleNamed(given[1])
  const expiresAt = await timeOf(ports, given[2])
  const token = newTokenText()
  const row = await changePeople(ports, tenant, async (db) => {
    await refuseNameOfMember(db, tenant.id, name)
    const tokenHash = textHash(token)
    const made = await insertToken(db, { tenantId: tenant.id, name, role, tokenHash, expiresAt })
    if (made) return made
    throw refusal(
      '42710',
      `there is a token named ${name} already`,
      `Choose another name, or revoke it first: SELECT * FROM iasql_token_revoke('${name}').`,
    )
  })
  return { kind: 'rows', rows: [{ ...columnsOf(row), token }] }
}

export async function revokeToken(ports: Ports, call: RpcCall): Promise<RpcAnswer> {
  const { tenant, arguments: given } = call
  const name = String(given[0] ?? '')
  const row = await changePeople(ports, tenant, async (db) => {
    const revoked = await deleteToken(db, { tenantId: tenant.id, name })
    if (revoked) return revoked
    const { tokens } = await loadPeople(db, tenant.id)
    const near = nearest(
      name,
      tokens.map((token) => token.name),
    )
    throw refusal('P0002', `there is no token ${name}${near}`, 'SELECT * FROM iasql_token lists them.')
  })
  await endSessions(ports, call, { name, isMember: false })
  return { kind: 'rows', rows: [columnsOf(row)] }
}

const columnsOf = ({ name, role, created_at, expires_at }: TokenRow) => ({
  name,
  role,
  created_at,
  expires_at,
})

/** No name of a token looks like the name of a person, so that nobody's edits are taken for theirs. */
function tokenName(given: Json | undefined): string {
  const name = typeof given === 'string' ? given : ''
  refuseTakenName(name)
  if (/^[a-z0-9][a-z0-9._-]{0,62}$/i.test(name)) return name
  throw refusal(
    '42602',
    `${name === '' ? 'an empty text' : `"${name.slice(0, 80)}"`} is no name of a token`,
    'Use up to 63 letters, digits, dots, hyphens and underscores, such as ci-deploy.',
  )
}

async function refuseNameOfMember(db: Queryable, tenantId: string, name: string): Promise<void> {
  const { members } = await loadPeople(db, tenantId)
  if (!members.some(({ subject }) => subject === name)) return
  throw refusal(
    '42710',
    `there is a member named ${name}`,
    'Choose a name that is nobody’s, such as ci-deploy.',
  )
}

const span = /^\d{1,6} (minute|hour|day|week|month|year)s?$/
const timeHint = "Give a time to come such as '2027-06-30', or how long from now, such as '90 days'."

/** ISO 8601; null: never. */
async function timeOf({ platform }: Ports, given: Json | undefined): Promise<string | null> {
  if (typeof given !== 'string') return null
  const text = given.trim()
  const value = span.test(text)
    ? 'pg_catalog.now() + CAST(:text AS interval)'
    : 'CAST(CAST(:text AS text) AS timestamptz)'
  try {
    const [found] = await platform.query<{ at: string; is_past: boolean }>(
      `SELECT p.at, p.at <= pg_catalog.now() AS is_past FROM (SELECT ${value} AS at) p WHERE isfinite(p.at)`,
      { text },
    )
    if (found && !found.is_past) return found.at
  } catch (error) {
    if (!databaseErrorOf(error)?.sqlstate.startsWith('22')) throw error
    throw refusal('22007', `${text === '' ? 'an empty text' : text} is no time`, timeHint)
  }
  throw refusal('22023', `a token cannot expire at ${text}`, timeHint)
}
