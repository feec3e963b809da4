/** One planner at a time for each tenant: held while an apply plans and claims, never while it works. */
import type { Queryable } from '../database.ts'

export async function takePlanLease(
  db: Queryable,
  input: { readonly tenantId: string; readonly holder: string; readonly seconds: number },
): Promise<boolean> {
  const changed = await db.run(
    `UPDATE iasql_platform.tenant
     SET lease_holder = :holder::uuid, lease_fence = coalesce(lease_fence, 0) + 1,
       lease_until = clock_timestamp() + make_interval(secs => :seconds::int)
     WHERE tenant_id = :tenant
       AND (lease_until IS NULL OR lease_until < clock_timestamp() OR lease_holder = :holder::uuid)`,
    { tenant: input.tenantId, holder: input.holder, seconds: input.seconds },
  )
  return changed > 0
}

export async function dropPlanLease(db: Queryable, tenantId: string, holder: string): Promise<void> {
  await db.run(
    `UPDATE iasql_platform.tenant SET lease_until = NULL, lease_holder = NULL
     WHERE tenant_id = :tenant AND lease_holder = :holder::uuid`,
    { tenant: tenantId, holder },
  )
}
