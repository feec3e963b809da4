/** An API token by its hash: who it stands for, unless it has expired or its tenant is suspended. Its text is stored nowhere. */
import type { Role } from '#engine/model/rpc.ts'
import type { Queryable } from '../database.ts'

export interface FoundToken {
  readonly tenant_id: string
  readonly name: string
  readonly role: Role
}

export async function findToken(db: Queryable, tokenHash: string): Promise<FoundToken | undefined> {
  const rows = await db.query<FoundToken>(
    `SELECT k.tenant_id, k.name, k.role FROM iasql_platform.token k
     JOIN iasql_platform.tenant t ON t.tenant_id = k.tenant_id AND t.state = 'active'
     WHERE k.token_hash = :hash AND (k.expires_at IS NULL OR k.expires_at > pg_catalog.now())`,
    { hash: tokenHash },
  )
  return rows[0]
}

/** Notes the use of a token, once a minute at most. */
export async function touchToken(db: Queryable, tokenHash: string): Promise<void> {
  await db.run(
    `UPDATE iasql_platform.token SET last_used_at = pg_catalog.now()
     WHERE token_hash = :hash
       AND (last_used_at IS NULL OR last_used_at < pg_catalog.now() - interval '1 minute')`,
    { hash: tokenHash },
  )
}
