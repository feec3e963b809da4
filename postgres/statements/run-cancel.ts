/** Cancelling from outside: the wish is stored on the run, and the backend that works for it is interrupted. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

/** The name under which a run's transactions appear in pg_stat_activity. */
export const applicationName = (runId: string): string => `iasql ${runId}`

/** The state it is in; undefined when there is no such run. */
export async function requestRunCancel(
  db: Queryable,
  { schema: t }: Tenant,
  runId: string,
): Promise<string | undefined> {
  const rows = await db.query<{ state: string }>(
    `UPDATE ${t}.iasql_run SET cancel_requested = cancel_requested OR ended_at IS NULL
     WHERE run_id = :runId::uuid RETURNING state`,
    { runId },
  )
  return rows[0]?.state
}

/**
 * Role, transaction and backend are named at once: the run's name is set for one transaction of the tenant's login, so
 * a backend that has gone on to other work does not have it any more.
 */
const backends = `pg_catalog.pg_stat_activity a
  WHERE a.application_name = :name AND a.usename IN (:reader, :writer) AND a.xact_start IS NOT NULL`

const parameters = (tenant: Tenant, runId: string) => ({
  name: applicationName(runId),
  reader: tenant.readerRole,
  writer: tenant.writerRole,
})

/** Whether there was one at work. */
export async function cancelRunBackend(db: Queryable, tenant: Tenant, runId: string): Promise<boolean> {
  const rows = await db.query(
    `SELECT pg_catalog.pg_cancel_backend(a.pid) AS cancelled FROM ${backends} AND a.state = 'active'`,
    parameters(tenant, runId),
  )
  return rows.length > 0
}

export async function endRunBackend(db: Queryable, tenant: Tenant, runId: string): Promise<void> {
  await db.query(
    `SELECT pg_catalog.pg_terminate_backend(a.pid, 1000) AS ended FROM ${backends}`,
    parameters(tenant, runId),
  )
}
