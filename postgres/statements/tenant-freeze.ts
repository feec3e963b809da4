/** Keeps a tenant's logins in one database, or out of all, and tells whether anybody still writes to its tables. */
import { identifier } from '#engine/ddl/sql-text.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

type Logins = Pick<Tenant, 'readerRole' | 'writerRole'>

const each = async (
  { readerRole, writerRole }: Logins,
  work: (role: string) => Promise<unknown>,
): Promise<void> => {
  for (const role of [readerRole, writerRole]) await work(role)
}

/** In no database that they may connect to is anything of another tenant. */
export const allowConnect = (db: Queryable, database: string, logins: Logins): Promise<void> =>
  each(logins, (role) => db.run(`GRANT CONNECT ON DATABASE ${identifier(database)} TO ${role}`))

export const refuseConnect = (db: Queryable, database: string, logins: Logins): Promise<void> =>
  each(logins, (role) => db.run(`REVOKE CONNECT ON DATABASE ${identifier(database)} FROM ${role}`))

export const allowLogins = (db: Queryable, logins: Logins): Promise<void> =>
  each(logins, (role) => db.run(`ALTER ROLE ${role} LOGIN`))

/** Whether a login has a session in this database, or a transaction is open that has written to its schemas. */
export async function isWritten(
  db: Queryable,
  { schema, userSchema, readerRole, writerRole }: Tenant,
): Promise<boolean> {
  const [found] = await db.query<{ written: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_catalog.pg_stat_activity a WHERE a.usename IN (:reader, :writer)
         AND a.datname = current_database())
       OR EXISTS (SELECT FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_class c ON c.oid = l.relation
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname IN (:schema, :userSchema) AND l.pid <> pg_catalog.pg_backend_pid()
           AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = current_database())
           AND l.mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')) AS written`,
    { reader: readerRole, writer: writerRole, schema, userSchema },
  )
  return found?.written === true
}
