/** `iasql_member_add(subject, role)` and `iasql_member_remove(subject)`. */
import type { Queryable } from '#postgres/database.ts'
import { deleteMember, type MemberRow, putMember } from '#postgres/statements/member-change.ts'
import { loadPeople } from '#postgres/statements/people.ts'
import type { Ports } from '../ports.ts'
import type { RpcAnswer, RpcCall } from '../rpc/catalogue.ts'
import { nearest } from '../rpc/nearest.ts'
import { refusal } from '../rpc/refusal.ts'
import { changePeople, refuseTakenName, roleNamed } from './change-people.ts'
import { endSessions } from './end-sessions.ts'

const noIssuer =
  'Nobody can sign in as a member yet: this server has no issuer of JWTs. Set IASQL_OIDC_ISSUER and IASQL_OIDC_AUDIENCE.'

/** A new role of a member holds from their next message on. */
export async function addMember(ports: Ports, { tenant, arguments: given }: RpcCall): Promise<RpcAnswer> {
  const subject = subjectOf(given[0])
  refuseTakenName(subject)
  const role = roleNamed(given[1])
  const row = await changePeople(ports, tenant, async (db) => {
    await refuseNameOfToken(db, tenant.id, subject)
    return await putMember(db, { tenantId: tenant.id, subject, role })
  })
  return { kind: 'rows', rows: row ? [columnsOf(row)] : [], notices: ports.identity ? [] : [noIssuer] }
}

export async function removeMember(ports: Ports, call: RpcCall): Promise<RpcAnswer> {
  const { tenant, arguments: given } = call
  const subject = subjectOf(given[0])
  const row = await changePeople(ports, tenant, async (db) => {
    const removed = await deleteMember(db, { tenantId: tenant.id, subject })
    if (removed) return removed
    const { members } = await loadPeople(db, tenant.id)
    const near = nearest(
      subject,
      members.map((member) => member.subject),
    )
    throw refusal('P0002', `there is no member ${subject}${near}`, 'SELECT * FROM iasql_member lists them.')
  })
  await endSessions(ports, call, { name: row.subject, isMember: true, knownAs: row.known_as })
  return { kind: 'rows', rows: [columnsOf(row)] }
}

const columnsOf = ({ subject, role, added_at }: MemberRow) => ({ subject, role, added_at })

/** A verified e-mail address, or the `sub` of the issuer. */
function subjectOf(given: unknown): string {
  const subject = typeof given === 'string' ? given.trim() : ''
  if (subject !== '' && subject.length <= 255 && !/\p{Cc}/u.test(subject)) return subject
  throw refusal(
    '22023',
    `${subject === '' ? 'an empty text' : 'this'} is no subject of a member`,
    'Give the e-mail address that the issuer has verified, or the sub of their JWTs.',
  )
}

/** History knows both by name: it must be able to tell them apart. */
async function refuseNameOfToken(db: Queryable, tenantId: string, subject: string): Promise<void> {
  const { tokens } = await loadPeople(db, tenantId)
  if (!tokens.some(({ name }) => name === subject)) return
  throw refusal(
    '42710',
    `there is a token named ${subject}`,
    'Revoke the token, or name the member by e-mail address.',
  )
}
