/** Adds and removes members of a tenant. */
import type { Role } from '#engine/model/rpc.ts'
import type { Queryable } from '../database.ts'

export interface MemberRow {
  readonly subject: string
  readonly role: Role
  readonly added_at: string
}

interface MemberKey {
  readonly tenantId: string
  readonly subject: string
}

/** E-mail addresses are one whatever their case; any other subject is exactly itself. */
const isSame = `(subject = :subject OR position('@' IN subject) > 0 AND lower(subject) = lower(:subject))`

/** A member that is there already gets the role, and stays signed in. */
export async function putMember(
  db: Queryable,
  { tenantId, subject, role }: MemberKey & { readonly role: Role },
): Promise<MemberRow | undefined> {
  const rows = await db.query<MemberRow>(
    `WITH changed AS (
       UPDATE iasql_platform.member SET role = :role WHERE tenant_id = :tenant AND ${isSame}
       RETURNING subject, role, added_at),
     added AS (
       INSERT INTO iasql_platform.member (tenant_id, subject, role, added_at)
       SELECT :tenant, :subject, :role, pg_catalog.now() WHERE NOT EXISTS (SELECT FROM changed)
       RETURNING subject, role, added_at)
     SELECT * FROM changed UNION ALL SELECT * FROM added`,
    { tenant: tenantId, subject, role },
  )
  return rows[0]
}

export async function deleteMember(
  db: Queryable,
  { tenantId, subject }: MemberKey,
): Promise<(MemberRow & { readonly known_as: string | null }) | undefined> {
  const rows = await db.query<MemberRow & { readonly known_as: string | null }>(
    `DELETE FROM iasql_platform.member WHERE tenant_id = :tenant AND ${isSame}
     RETURNING subject, role, added_at, known_as`,
    { tenant: tenantId, subject },
  )
  return rows[0]
}
