/** Takes from the public what PostgreSQL gives it at first: the right to connect to, and to make temporary tables in, a database. */
import type { Queryable } from '../database.ts'

/** Of every database that this login may change; others, such as the service's own, stay as they are. May be repeated. */
export async function closeToPublic(platform: Queryable): Promise<void> {
  const databases = await platform.query<{ name: string }>(
    `SELECT d.datname::text AS name FROM pg_catalog.pg_database d
     WHERE d.datallowconn AND pg_catalog.pg_has_role(d.datdba, 'USAGE') ORDER BY 1`,
  )
  for (const { name } of databases) {
    await platform.run(`REVOKE CONNECT, TEMPORARY ON DATABASE "${name.replaceAll('"', '""')}" FROM PUBLIC`)
  }
}
