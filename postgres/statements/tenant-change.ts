/** Changes of a tenant's row: whether it is served, and what it may use. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

/** False where it is neither active nor suspended, as one that is being deleted. */
export async function setSuspended(
  db: Queryable,
  { id }: Pick<Tenant, 'id'>,
  isSuspended: boolean,
): Promise<boolean> {
  const changed = await db.run(
    `UPDATE iasql_platform.tenant SET state = CASE WHEN :suspended::boolean THEN 'suspended' ELSE 'active' END,
       suspended_at = CASE WHEN :suspended::boolean THEN coalesce(suspended_at, pg_catalog.now()) END
     WHERE tenant_id = :id AND state IN ('active', 'suspended')`,
    { id, suspended: isSuspended },
  )
  return changed > 0
}

/** From now on nobody gets in, and there is no way back. */
export async function setDeleting(db: Queryable, { id }: Pick<Tenant, 'id'>): Promise<void> {
  await db.run("UPDATE iasql_platform.tenant SET state = 'deleting' WHERE tenant_id = :id", { id })
}

export type Quota = 'size_mb' | 'statements' | 'runs'

const quotaColumns: Readonly<Record<Quota, string>> = {
  size_mb: 'quota_bytes = :value::bigint * 1048576',
  statements: 'quota_statements = :value::bigint',
  runs: 'quota_runs = :value::bigint',
}

export async function setQuota(
  db: Queryable,
  { id }: Pick<Tenant, 'id'>,
  { quota, value }: { readonly quota: Quota; readonly value: number },
): Promise<void> {
  await db.run(`UPDATE iasql_platform.tenant SET ${quotaColumns[quota]} WHERE tenant_id = :id`, { id, value })
}
