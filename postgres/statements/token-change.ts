/** Makes and revokes API tokens. */
import type { Role } from '#engine/model/rpc.ts'
import type { Queryable } from '../database.ts'

export interface TokenRow {
  readonly name: string
  readonly role: Role
  readonly created_at: string
  readonly expires_at: string | null
}

export interface NewToken {
  readonly tenantId: string
  readonly name: string
  readonly role: Role
  readonly tokenHash: string
  /** ISO 8601; absent: never. */
  readonly expiresAt?: string | null
}

/** Undefined: there is one of that name. */
export async function insertToken(db: Queryable, token: NewToken): Promise<TokenRow | undefined> {
  const rows = await db.query<TokenRow>(
    `INSERT INTO iasql_platform.token (token_hash, tenant_id, name, role, created_at, expires_at)
     VALUES (:hash, :tenant, :name, :role, pg_catalog.now(), CAST(:expires AS timestamptz))
     ON CONFLICT (tenant_id, name) DO NOTHING RETURNING name, role, created_at, expires_at`,
    {
      hash: token.tokenHash,
      tenant: token.tenantId,
      name: token.name,
      role: token.role,
      expires: token.expiresAt,
    },
  )
  return rows[0]
}

export async function deleteToken(
  db: Queryable,
  { tenantId, name }: Pick<NewToken, 'tenantId' | 'name'>,
): Promise<TokenRow | undefined> {
  const rows = await db.query<TokenRow>(
    `DELETE FROM iasql_platform.token WHERE tenant_id = :tenant AND name = :name
     RETURNING name, role, created_at, expires_at`,
    { tenant: tenantId, name },
  )
  return rows[0]
}
