/** Gives a token of this name a new text; the old one is refused from now on. */
import type { Role } from '#engine/model/rpc.ts'
import type { Queryable } from '../database.ts'

export async function replaceToken(
  db: Queryable,
  token: {
    readonly tenantId: string
    readonly name: string
    readonly role: Role
    readonly tokenHash: string
  },
): Promise<void> {
  await db.run(
    `INSERT INTO iasql_platform.token (token_hash, tenant_id, name, role) VALUES (:hash, :tenant, :name, :role)
     ON CONFLICT (tenant_id, name) DO UPDATE SET token_hash = excluded.token_hash, role = excluded.role,
       created_at = excluded.created_at
     WHERE iasql_platform.token.token_hash <> excluded.token_hash`,
    { hash: token.tokenHash, tenant: token.tenantId, name: token.name, role: token.role },
  )
}
