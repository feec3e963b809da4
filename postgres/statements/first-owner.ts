/** The one-time secret by which the first owner of a tenant is made: stored by its hash. */
import type { Queryable } from '../database.ts'

interface Offer {
  readonly secretHash: string
  readonly tenantId: string
  readonly days: number
}

/** Good from now on for so many days, unless it was used. */
export async function offerSecret(db: Queryable, { secretHash, tenantId, days }: Offer): Promise<void> {
  await db.run(
    `INSERT INTO iasql_platform.first_owner (secret_hash, tenant_id, expires_at)
     VALUES (:hash, :tenant, pg_catalog.now() + make_interval(days => :days::int))
     ON CONFLICT (secret_hash) DO UPDATE SET expires_at = excluded.expires_at
     WHERE iasql_platform.first_owner.used_at IS NULL`,
    { hash: secretHash, tenant: tenantId, days },
  )
}

export interface OfferedSecret {
  readonly tenant_id: string
  readonly used_at: string | null
  readonly is_expired: boolean
}

/** Nobody else may use it until the end of the transaction. */
export async function lockSecret(db: Queryable, secretHash: string): Promise<OfferedSecret | undefined> {
  const rows = await db.query<OfferedSecret>(
    `SELECT tenant_id, used_at, expires_at <= pg_catalog.now() AS is_expired
     FROM iasql_platform.first_owner WHERE secret_hash = :hash FOR UPDATE`,
    { hash: secretHash },
  )
  return rows[0]
}

export async function noteSecretUsed(
  db: Queryable,
  { secretHash, by }: { readonly secretHash: string; readonly by: string },
): Promise<void> {
  await db.run(
    'UPDATE iasql_platform.first_owner SET used_at = pg_catalog.now(), used_by = :by WHERE secret_hash = :hash',
    { hash: secretHash, by },
  )
}
