/** An API token by its hash: who it stands for. Its text is stored nowhere. */
import type { Role } from '#engine/model/rpc.ts'
import type { Queryable } from '../database.ts'

export interface FoundToken {
  readonly tenant_id: string
  readonly alias: string
  readonly tenant_state: string
  readonly schema_name: string
  /** The database that the tenant has for itself. */
  readonly cell: string | null
  readonly name: string
  readonly role: Role
  /** ISO 8601 */
  readonly expires_at: string | null
  readonly is_expired: boolean
}

export async function findToken(db: Queryable, tokenHash: string): Promise<FoundToken | undefined> {
  const rows = await db.query<FoundToken>(
    `SELECT k.tenant_id, t.alias, t.state AS tenant_state, t.schema_name, k.name, k.role, k.expires_at,
       nullif(t.database_name, current_database()) AS cell,
       coalesce(k.expires_at <= pg_catalog.now(), false) AS is_expired
     FROM iasql_platform.token k JOIN iasql_platform.tenant t ON t.tenant_id = k.tenant_id
     WHERE k.token_hash = :hash`,
    { hash: tokenHash },
  )
  return rows[0]
}

/** Notes the use of a token, once a minute at most. Gives the time when it was noted. */
export async function touchToken(db: Queryable, tokenHash: string): Promise<string | undefined> {
  const rows = await db.query<{ at: string }>(
    `UPDATE iasql_platform.token SET last_used_at = pg_catalog.now()
     WHERE token_hash = :hash
       AND (last_used_at IS NULL OR last_used_at < pg_catalog.now() - interval '1 minute')
     RETURNING last_used_at AS at`,
    { hash: tokenHash },
  )
  return rows[0]?.at
}

/** The same where the tenant sees it. */
export async function showTokenUse(
  db: Queryable,
  { schema_name: t, name }: Pick<FoundToken, 'schema_name' | 'name'>,
  at: string,
): Promise<void> {
  await db.run(
    `INSERT INTO ${t}.iasql_token_use (name, last_used_at)
     SELECT r.name, CAST(:at AS timestamptz) FROM ${t}.iasql_token_record r WHERE r.name = :name
     ON CONFLICT (name) DO UPDATE SET last_used_at = excluded.last_used_at`,
    { name, at },
  )
}
