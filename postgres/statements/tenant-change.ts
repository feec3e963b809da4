/** Changes of a tenant's row: whether it is served. */
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

/** From now on nobody gets in, and there is no way back. False while it is being moved, or where it is gone. */
export async function setDeleting(db: Queryable, { id }: Pick<Tenant, 'id'>): Promise<boolean> {
  const changed = await db.run(
    "UPDATE iasql_platform.tenant SET state = 'deleting' WHERE tenant_id = :id AND state <> 'moving'",
    { id },
  )
  return changed > 0
}
