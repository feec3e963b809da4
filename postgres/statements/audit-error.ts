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

/** The same of what concerns no single execution; once, until something new comes up after `since`. */
export async function insertAuditErrorOnce(
  db: Queryable,
  { schema: t }: Tenant,
  noted: { readonly actor: string; readonly message: string; readonly since: string | null },
): Promise<boolean> {
  const inserted = await db.run(
    `INSERT INTO ${t}.iasql_audit (change_type, by_engine, actor, message)
     SELECT 'ERROR', true, :actor, :message WHERE NOT EXISTS (
       SELECT FROM ${t}.iasql_audit a WHERE a.change_type = 'ERROR' AND a.message = :message
         AND a.ts >= coalesce(:since::timestamptz, '-infinity'))`,
    { ...noted },
  )
  return inserted > 0
}
