/** The executions that nobody has ended, to be taken up again after a crash. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

/** `sole`: all of them; otherwise those whose worker died a minute ago, or that nobody has taken up for as long. */
export async function openExecutions(
  db: Queryable,
  tenant: Tenant,
  { sole }: { readonly sole: boolean },
): Promise<readonly number[]> {
  const rows = await db.query<{ execution_id: number }>(
    `SELECT execution_id FROM ${tenant.schema}.iasql_execution_record WHERE ended_at IS NULL
       AND (:sole::boolean OR coalesce(lease_until, touched_at) < clock_timestamp() - interval '1 minute')
     ORDER BY execution_id`,
    { sole },
  )
  return rows.map((row) => row.execution_id)
}

/** Frees the leases of a server that is known to be dead, so that nobody waits for them to run out. */
export async function dropLeases(db: Queryable, tenant: Tenant): Promise<void> {
  await db.run(`UPDATE ${tenant.schema}.iasql_execution_record SET lease_until = NULL WHERE ended_at IS NULL`)
}

/** The same for plans, of all tenants. */
export async function dropPlanLeases(db: Queryable): Promise<void> {
  await db.run('UPDATE iasql_platform.tenant SET lease_until = NULL WHERE lease_until IS NOT NULL')
}

export async function isExecutionOpen(db: Queryable, tenant: Tenant, executionId: string): Promise<boolean> {
  const rows = await db.query<{ open: boolean }>(
    `SELECT ended_at IS NULL AS open FROM ${tenant.schema}.iasql_execution_record WHERE execution_id = :id::bigint`,
    { id: Number(executionId) },
  )
  return rows[0]?.open ?? false
}

export async function openExecutionsOfRun(
  db: Queryable,
  tenant: Tenant,
  runId: string,
): Promise<readonly number[]> {
  const rows = await db.query<{ execution_id: number }>(
    `SELECT execution_id FROM ${tenant.schema}.iasql_execution_record
     WHERE ended_at IS NULL AND run_id = :runId::uuid`,
    { runId },
  )
  return rows.map((row) => row.execution_id)
}
