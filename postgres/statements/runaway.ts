/** Sessions of tenants' logins that take too long: found all at once, ended one by one. */
import type { Queryable } from '../database.ts'

export interface Suspect {
  readonly tenant_id: string
  readonly schema_name: string
  readonly pid: number
  readonly role: string
  /** Microseconds are kept: with the process number these name one transaction of one session. */
  readonly backend_start: string
  readonly xact_start: string
}

/** Since when it has been at what it does: its statement, or sitting in an open transaction. */
const since = `CASE WHEN a.state = 'active' THEN a.query_start ELSE a.state_change END`

export async function findSuspects(db: Queryable, leastSeconds: number): Promise<readonly Suspect[]> {
  return await db.query<Suspect>(
    `SELECT t.tenant_id, t.schema_name, a.pid, a.usename::text AS role, a.backend_start::text AS backend_start,
       a.xact_start::text AS xact_start
     FROM pg_catalog.pg_stat_activity a
     JOIN iasql_platform.tenant t ON a.usename IN (t.reader_role, t.writer_role)
     WHERE t.database_name = current_database() AND a.state <> 'idle' AND a.xact_start IS NOT NULL
       AND ${since} < clock_timestamp() - make_interval(secs => :seconds::int)
     ORDER BY a.xact_start LIMIT 500`,
    { seconds: leastSeconds },
  )
}

export interface Ended {
  readonly state: string
  readonly seconds: number
  /** It did not end by being cancelled. */
  readonly is_terminated: boolean
}

/** How long a statement may go on after it was cancelled: some catch that, and do not want to end. */
const graceSeconds = 60

/**
 * Undefined: it has ended by itself. The process number may be another session's by now, so who, since when and what for
 * is asked in the very statement that ends it.
 */
export async function endRunaway(
  db: Queryable,
  { pid, role, backend_start, xact_start }: Suspect,
  seconds: number,
): Promise<Ended | undefined> {
  const rows = await db.query<Ended>(
    `SELECT r.state, r.seconds, r.is_terminated,
       CASE WHEN r.is_terminated THEN pg_catalog.pg_terminate_backend(r.pid)
         ELSE pg_catalog.pg_cancel_backend(r.pid) END AS ended
     FROM (
       SELECT a.pid, a.state, extract(epoch FROM clock_timestamp() - ${since})::int AS seconds,
         a.state <> 'active'
           OR ${since} < clock_timestamp() - make_interval(secs => :seconds::int + ${graceSeconds}) AS is_terminated
       FROM pg_catalog.pg_stat_activity a
       WHERE a.pid = :pid::int AND a.usename = :role AND a.backend_start = CAST(:backend AS timestamptz)
         AND a.xact_start = CAST(:xact AS timestamptz) AND a.state <> 'idle'
         AND ${since} < clock_timestamp() - make_interval(secs => :seconds::int)) r`,
    { pid, role, backend: backend_start, xact: xact_start, seconds },
  )
  return rows[0]
}
