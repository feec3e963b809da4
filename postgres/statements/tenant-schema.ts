/** How far a tenant's schema is, on the tenant's row. */

import type { Queryable } from '../database.ts'
import type { SchemaVersion } from '../migrations/schema-version.ts'
import type { Tenant } from '../tenant.ts'

/** Nothing needs to be done for a tenant while the fingerprint is the same. */
export async function noteUpgrade(
  db: Queryable,
  { id }: Pick<Tenant, 'id'>,
  { fingerprint, version, readableSince }: SchemaVersion & { readonly fingerprint: string },
): Promise<void> {
  // A later version may have been here before; what it has taken away does not come back.
  await db.run(
    `UPDATE iasql_platform.tenant SET fingerprint = :fingerprint, upgrade_problem = NULL,
       schema_version = greatest(schema_version, :version::int),
       schema_readable_since = greatest(schema_readable_since, :readableSince::int)
     WHERE tenant_id = :id`,
    { id, fingerprint, version, readableSince },
  )
}

export async function isUpToDate(
  db: Queryable,
  { id }: Pick<Tenant, 'id'>,
  fingerprint: string,
): Promise<boolean> {
  const rows = await db.query(
    'SELECT tenant_id FROM iasql_platform.tenant WHERE tenant_id = :id AND fingerprint = :fingerprint',
    { id, fingerprint },
  )
  return rows.length > 0
}

/** Told by `iasql_db_list()` until it works. */
export async function noteUpgradeProblem(
  db: Queryable,
  { id }: Pick<Tenant, 'id'>,
  problem: string,
): Promise<void> {
  await db.run('UPDATE iasql_platform.tenant SET upgrade_problem = :problem WHERE tenant_id = :id', {
    id,
    problem,
  })
}
