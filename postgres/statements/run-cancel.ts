/** Cancelling from outside: the wish is stored on the run, and the backend that works for it is interrupted. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

/** The name under which a run's transactions appear in pg_stat_activity. */
export const applicationName = (runId: string): string => `iasql ${runId}`

/** The state it is in; undefined when there is no such run, or it is not the actor's (null: anybody's). */
export async function requestRunCancel(
  db: Queryable,
  { schema: t }: Tenant,
  runId: string,
  actor: string | null,
): Promise<string | undefined> {
  const rows = await db.query<{ state: string }>(
    `UPDATE ${t}.iasql_run SET cancel_requested = cancel_requested OR ended_at IS NULL
     WHERE run_id = :runId::uuid AND actor = coalesce(:actor::text, actor) RETURNING state`,
    { runId, actor },
  )
  return rows[0]?.state
}

/**
 * Role, transaction and backend are named at once: the run's name is set for one transaction of the tenant's login, so
 * a backend that has gone on to other work does not have it any more. A statement may have changed its name; one that is
 * about to commit is found by its transaction's id all the same.
 */
const backendsOf = ({ schema: t }: Tenant): string => `pg_catalog.pg_stat_activity a
  WHERE a.usename IN (:reader, :writer) AND a.xact_start IS NOT NULL AND (a.application_name = :name
    OR a.backend_xid IN (SELECT c.xid::xid FROM ${t}.iasql_commit c WHERE c.run_id = :runId::uuid))`

const parameters = (tenant: Tenant, runId: string) => ({
  runId,
  name: applicationName(runId),
  reader: tenant.readerRole,
  writer: tenant.writerRole,
})

/** Whether there was one at work. */
export async function cancelRunBackend(db: Queryable, tenant: Tenant, runId: string): Promise<boolean> {
  const rows = await db.query(
    `SELECT pg_catalog.pg_cancel_backend(a.pid) AS cancelled FROM ${backendsOf(tenant)} AND a.state = 'active'`,
    parameters(tenant, runId),
  )
  return rows.length > 0
}

export async function endRunBackend(db: Queryable, tenant: Tenant, runId: string): Promise<void> {
  await db.query(
    `SELECT pg_catalog.pg_terminate_backend(a.pid, 1000) AS ended FROM ${backendsOf(tenant)}`,
    parameters(tenant, runId),
  )
}
