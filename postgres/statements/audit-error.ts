/** A line of the audit log about work that failed. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

export async function insertAuditError(
  db: Queryable,
  { schema: t }: Tenant,
  failed: { readonly actor: string; readonly executionId: number; readonly message: string },
): Promise<void> {
  await db.run(
    `INSERT INTO ${t}.iasql_audit (change_type, by_engine, actor, execution_id, message)
     VALUES ('ERROR', true, :actor, :executionId::bigint, :message)`,
    { ...failed },
  )
}
