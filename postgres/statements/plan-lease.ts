/** One planner at a time for each tenant: held while an apply plans and claims, never while it works. */
import type { Queryable } from '../database.ts'

export async function takePlanLease(
  db: Queryable,
  input: { readonly tenantId: string; readonly holder: string; readonly seconds: number },
): Promise<boolean> {
  const changed = await db.run(
    `UPDATE iasql_platform.tenant
     SET lease_holder = :holder::uuid, lease_until = clock_timestamp() + make_interval(secs => :seconds::int)
     WHERE tenant_id = :tenant
       AND (lease_until IS NULL OR lease_until < clock_timestamp() OR lease_holder = :holder::uuid)`,
    { tenant: input.tenantId, holder: input.holder, seconds: input.seconds },
  )
  return changed > 0
}

/**
 * Whether nobody has taken it from this holder, who is a new one each time and so a fence; locked, so that this holds
 * until the transaction is committed.
 */
export async function keepPlanLease(
  transaction: Queryable,
  { tenantId, holder }: { readonly tenantId: string; readonly holder: string },
): Promise<boolean> {
  const rows = await transaction.query<{ one: number }>(
    `SELECT 1 AS one FROM iasql_platform.tenant
     WHERE tenant_id = :tenant AND lease_holder = :holder::uuid FOR SHARE`,
    { tenant: tenantId, holder },
  )
  return rows.length > 0
}

export async function dropPlanLease(db: Queryable, tenantId: string, holder: string): Promise<void> {
  await db.run(
    `UPDATE iasql_platform.tenant SET lease_until = NULL, lease_holder = NULL
     WHERE tenant_id = :tenant AND lease_holder = :holder::uuid`,
    { tenant: tenantId, holder },
  )
}
