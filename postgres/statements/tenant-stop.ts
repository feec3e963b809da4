/** Ends what a tenant has under way, and what it is connected by. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

/** Runs and executions see it at their next heartbeat. */
export async function cancelAll(db: Queryable, { schema: t }: Tenant): Promise<void> {
  await db.run(`UPDATE ${t}.iasql_run SET cancel_requested = true WHERE ended_at IS NULL`)
  await db.run(`UPDATE ${t}.iasql_execution_record SET cancel_requested = true WHERE ended_at IS NULL`)
}

/** Whether somebody is at work on an execution at this moment. */
export async function isAtWork(db: Queryable, { schema: t }: Tenant): Promise<boolean> {
  const [found] = await db.query<{ busy: boolean }>(
    `SELECT EXISTS (SELECT FROM ${t}.iasql_execution_record
       WHERE ended_at IS NULL AND lease_until > clock_timestamp()) AS busy`,
  )
  return found?.busy === true
}

/** The logins refuse whoever comes; statements are interrupted and idle sessions end. */
export async function closeLogins(
  db: Queryable,
  logins: Pick<Tenant, 'readerRole' | 'writerRole'>,
): Promise<void> {
  const roles = { reader: logins.readerRole, writer: logins.writerRole }
  for (const role of await existingLogins(db, logins)) await db.run(`ALTER ROLE ${role} NOLOGIN`)
  await db.query(
    `SELECT CASE a.state WHEN 'active' THEN pg_catalog.pg_cancel_backend(a.pid)
       ELSE pg_catalog.pg_terminate_backend(a.pid) END AS ended
     FROM pg_catalog.pg_stat_activity a WHERE a.usename IN (:reader, :writer) AND a.state IN ('active', 'idle')`,
    roles,
  )
}

/** Whatever they do; nobody waits for them, since what they hold is given back within moments. */
export async function endBackends(
  db: Queryable,
  { readerRole, writerRole }: Pick<Tenant, 'readerRole' | 'writerRole'>,
): Promise<void> {
  await db.query(
    `SELECT pg_catalog.pg_terminate_backend(a.pid) AS ended FROM pg_catalog.pg_stat_activity a
     WHERE a.usename IN (:reader, :writer)`,
    { reader: readerRole, writer: writerRole },
  )
}

/** A tenant that is being made or deleted may have one, or none. */
export async function existingLogins(
  db: Queryable,
  { readerRole, writerRole }: Pick<Tenant, 'readerRole' | 'writerRole'>,
): Promise<readonly string[]> {
  const rows = await db.query<{ name: string }>(
    'SELECT rolname::text AS name FROM pg_catalog.pg_roles WHERE rolname IN (:reader, :writer)',
    { reader: readerRole, writer: writerRole },
  )
  return rows.map(({ name }) => name)
}

/** Takes them out, and gives those that are still open: everybody who is connected to the tenant. */
export async function takeConnections(db: Queryable, { id }: Pick<Tenant, 'id'>): Promise<readonly string[]> {
  const rows = await db.query<{ connection_id: string }>(
    'DELETE FROM iasql_platform.connection WHERE tenant_id = :tenant RETURNING connection_id',
    { tenant: id },
  )
  return rows.map((row) => row.connection_id)
}
