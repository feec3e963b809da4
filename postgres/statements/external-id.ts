/** The identifier that a tenant's roles demand: made once. */
import type { Queryable } from '../database.ts'

/** What the tenant has, or what it gets now. */
export async function keepExternalId(
  db: Queryable,
  { tenantId, fresh }: { readonly tenantId: string; readonly fresh: string },
): Promise<string> {
  const [kept] = await db.query<{ external_id: string }>(
    `INSERT INTO iasql_platform.external_id AS e (tenant_id, external_id) VALUES (:tenant, :fresh)
     ON CONFLICT (tenant_id) DO UPDATE SET external_id = e.external_id RETURNING external_id`,
    { tenant: tenantId, fresh },
  )
  return kept?.external_id ?? fresh
}
