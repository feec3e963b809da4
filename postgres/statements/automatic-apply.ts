/** Whether edits wait for an automatic apply, and what stands in its way. */
import type { Queryable } from '../database.ts'
import { effectivePolicy } from '../effective-policy.ts'
import type { Tenant } from '../tenant.ts'

export interface AutomaticTenant {
  readonly tenant_id: string
  /** What the last automatic apply knew of. */
  readonly edit_id: number
  readonly plan_id: number
  readonly tries: number
  readonly tried_at: string | null
  readonly retry_at: string | null
}

/** Active tenants whose edits are applied without anybody asking, in any order, so that none is always the last. */
export async function automaticTenants(db: Queryable): Promise<readonly AutomaticTenant[]> {
  return await db.query<AutomaticTenant>(
    `SELECT s.tenant_id, s.edit_id, s.plan_id, s.tries, s.tried_at, s.retry_at
     FROM iasql_platform.drift_schedule s JOIN iasql_platform.tenant t USING (tenant_id)
     WHERE s.is_applied AND t.state = 'active' AND t.database_name = current_database() ORDER BY random()`,
  )
}

export interface WaitingEdits {
  /** Null: nothing is edited. */
  readonly edit_id: number | null
  readonly edited_at: string | null
  /** The latest preview that was made by then. */
  readonly plan_id: number | null
  /** When it was last seen that the cloud differs where the table is to be enforced; null: it does not. */
  readonly enforced_at: string | null
  /** Somebody is within iasql_begin, or a transaction of the database that has written rows is open. */
  readonly is_in_transaction: boolean
  readonly is_applying: boolean
}

/** Edits count from their commit: a transaction may have been long. */
export async function waitingEdits(
  db: Queryable,
  { schema: t, readerRole, writerRole }: Tenant,
  previewedBy: Date,
): Promise<WaitingEdits> {
  const policy = effectivePolicy(t, { table: 'r.table_name', row: 'r.row_id', column: 'd.key' })
  const rows = await db.query<WaitingEdits>(
    `SELECT e.edit_id, e.edited_at,
       (SELECT max(p.plan_id) FROM ${t}.iasql_plan_record p
        WHERE p.execution_id IS NULL AND p.made_at <= :previewedBy::timestamptz) AS plan_id,
       CASE WHEN EXISTS (SELECT FROM ${t}.iasql_drift_policy WHERE policy = 'enforce') THEN (
         SELECT max((d.value->>'since')::timestamptz) FROM ${t}.iasql_resource r CROSS JOIN LATERAL jsonb_each(r.drift) d
         WHERE r.drift IS NOT NULL AND ${policy} = 'enforce') END AS enforced_at,
       EXISTS (SELECT FROM ${t}.iasql_transaction x WHERE x.state IN ('open', 'committing')
         AND (x.connection_id IS NULL OR EXISTS (SELECT FROM iasql_platform.connection c
           WHERE c.connection_id = x.connection_id AND c.expires_at > pg_catalog.now())))
       OR EXISTS (SELECT FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a USING (pid)
         WHERE l.relation = '${t}.iasql_edit'::regclass AND l.mode = 'RowExclusiveLock' AND l.granted
           AND a.usename IN (:reader, :writer)) AS is_in_transaction,
       EXISTS (SELECT FROM ${t}.iasql_execution_record x
         WHERE x.ended_at IS NULL AND x.kind IN ('apply', 'commit', 'install', 'uninstall')) AS is_applying
     FROM (SELECT max(e.edit_id) AS edit_id, max(greatest(e.at, c.at)) AS edited_at
       FROM ${t}.iasql_edit e LEFT JOIN ${t}.iasql_commit c ON c.xid = e.xid) e`,
    { previewedBy: previewedBy.toISOString(), reader: readerRole, writer: writerRole },
  )
  const [found] = rows
  if (!found) throw new Error('an aggregate has one row')
  return found
}

export interface AutomaticTry {
  readonly tenantId: string
  readonly before: AutomaticTenant
  readonly editId: number
  readonly planId: number
  readonly tries: number
  readonly retryAt: Date
}

/** Whether it is the caller's: false when another has begun one meanwhile. */
export async function noteTry(
  db: Queryable,
  { tenantId, before, editId, planId, tries, retryAt }: AutomaticTry,
): Promise<boolean> {
  const changed = await db.run(
    `UPDATE iasql_platform.drift_schedule
     SET edit_id = :editId::bigint, plan_id = :planId::bigint, tries = :tries::int, retry_at = :retryAt::timestamptz,
       tried_at = clock_timestamp()
     WHERE tenant_id = :tenantId AND is_applied AND edit_id = :beforeEdit::bigint AND plan_id = :beforePlan::bigint
       AND tries = :beforeTries::int AND retry_at IS NOT DISTINCT FROM :beforeRetry::timestamptz`,
    {
      tenantId,
      editId,
      planId,
      tries,
      retryAt: retryAt.toISOString(),
      beforeEdit: before.edit_id,
      beforePlan: before.plan_id,
      beforeTries: before.tries,
      beforeRetry: before.retry_at,
    },
  )
  return changed > 0
}
