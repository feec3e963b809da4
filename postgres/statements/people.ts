/** Members and tokens of one tenant as the platform has them, under a lock so that two changes follow one another. */
import type { Role } from '#engine/model/rpc.ts'
import type { Queryable } from '../database.ts'
import type { MemberRow } from './member-change.ts'
import type { TokenRow } from './token-change.ts'

export interface People {
  readonly members: readonly MemberRow[]
  readonly tokens: readonly TokenRow[]
}

/** Until the end of the transaction nobody else changes them. */
export async function lockPeople(db: Queryable, tenantId: string): Promise<void> {
  await db.query('SELECT tenant_id FROM iasql_platform.tenant WHERE tenant_id = :tenant FOR NO KEY UPDATE', {
    tenant: tenantId,
  })
}

/** More than anybody has, and few enough for one result. */
const most = 2_000

export async function loadPeople(db: Queryable, tenantId: string): Promise<People> {
  const tenant = { tenant: tenantId }
  return {
    members: await db.query<MemberRow>(
      `SELECT subject, role, added_at FROM iasql_platform.member WHERE tenant_id = :tenant
       ORDER BY subject LIMIT ${most}`,
      tenant,
    ),
    tokens: await db.query<TokenRow>(
      `SELECT name, role, created_at, expires_at FROM iasql_platform.token WHERE tenant_id = :tenant
       ORDER BY name LIMIT ${most}`,
      tenant,
    ),
  }
}

/** Owners that stay so by themselves: members, and tokens that do not expire. */
export async function countOwners(
  db: Queryable,
  { tenantId, membersCount }: { readonly tenantId: string; readonly membersCount: boolean },
): Promise<number> {
  const owner: Role = 'owner'
  const [found] = await db.query<{ count: number }>(
    `SELECT (SELECT count(*) FROM iasql_platform.token
             WHERE tenant_id = :tenant AND role = :owner AND expires_at IS NULL)
       + (SELECT count(*) FROM iasql_platform.member
          WHERE tenant_id = :tenant AND role = :owner AND CAST(:members AS boolean)) AS count`,
    { tenant: tenantId, owner, members: membersCount },
  )
  return found?.count ?? 0
}
