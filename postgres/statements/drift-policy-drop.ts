/** Policies about rows that are gone for good; a deletion that may still be taken back keeps them. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

export async function dropPoliciesOfGoneRows(db: Queryable, tenant: Tenant): Promise<void> {
  const t = tenant.schema
  // A tenant's open transaction may hold a policy: that one goes the next time.
  await db.run(
    `DELETE FROM ${t}.iasql_drift_policy WHERE ctid = ANY (ARRAY(
       SELECT p.ctid FROM ${t}.iasql_drift_policy p
       WHERE p.row_id IS NOT NULL AND ${t}.iasql_managed_row(p.table_name, p.row_id) IS NULL
         AND NOT EXISTS (SELECT FROM ${t}.iasql_resource r WHERE r.table_name = p.table_name AND r.row_id = p.row_id)
         AND NOT EXISTS (SELECT FROM ${t}.iasql_edit e WHERE e.table_name = p.table_name AND e.row_id = p.row_id)
       FOR UPDATE OF p SKIP LOCKED))`,
  )
}
