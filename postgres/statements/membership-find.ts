/** The tenants that a person is a member of. */
import type { Role } from '#engine/model/rpc.ts'
import type { Queryable } from '../database.ts'

export interface Membership {
  readonly tenant_id: string
  readonly alias: string
  readonly tenant_state: string
  /** The subject that the membership names: the person's own, or an e-mail address. */
  readonly member: string
  /** What they were called when they signed in last. */
  readonly known_as: string | null
  readonly role: Role
}

/** One a tenant: who is named by subject and by address is who the subject says. */
export async function findMemberships(
  db: Queryable,
  { subject, email }: { readonly subject: string; readonly email?: string | undefined },
): Promise<readonly Membership[]> {
  return await db.query<Membership>(
    `SELECT DISTINCT ON (t.alias) t.tenant_id, t.alias, t.state AS tenant_state, m.subject AS member, m.known_as, m.role
     FROM iasql_platform.member m JOIN iasql_platform.tenant t ON t.tenant_id = m.tenant_id
     WHERE m.subject = :subject
       OR position('@' IN m.subject) > 0 AND lower(m.subject) = CAST(:email AS text)
     ORDER BY t.alias, m.subject = :subject DESC LIMIT 1000`,
    { subject, email },
  )
}

export async function noteName(
  db: Queryable,
  { tenant_id, member }: Pick<Membership, 'tenant_id' | 'member'>,
  name: string,
): Promise<void> {
  await db.run(
    'UPDATE iasql_platform.member SET known_as = :name WHERE tenant_id = :tenant AND subject = :member',
    { tenant: tenant_id, member, name },
  )
}
