/** Makes and drops the database of a cell. Neither can be done within a transaction, so each step may be repeated. */
import { identifier, literal } from '#engine/ddl/sql-text.ts'
import type { Queryable } from './database.ts'
import { databaseErrorOf } from './database-error.ts'

const duplicateDatabase = '42P04'

/** Nobody can connect before it is closed to the public: a session outlasts the right that it began with. */
export async function createCellDatabase(directory: Queryable, name: string): Promise<void> {
  const database = identifier(name)
  const [found] = await directory.query<{ open: boolean }>(
    'SELECT datallowconn AS open FROM pg_catalog.pg_database WHERE datname = :name',
    { name },
  )
  if (found?.open) return
  if (!found)
    await directory
      .run(`CREATE DATABASE ${database} TEMPLATE template0 ENCODING 'UTF8' ALLOW_CONNECTIONS false`)
      .catch(unlessThere)
  await directory.run(`REVOKE CONNECT, TEMPORARY ON DATABASE ${database} FROM PUBLIC`)
  for (const { setting, value } of await ownSettings(directory)) {
    await directory.run(`ALTER DATABASE ${database} SET ${setting} = ${literal(value)}`)
  }
  await directory.run(`ALTER DATABASE ${database} ALLOW_CONNECTIONS true`)
}

export async function isDatabase(db: Queryable, name: string): Promise<boolean> {
  const rows = await db.query('SELECT FROM pg_catalog.pg_database WHERE datname = :name', { name })
  return rows.length > 0
}

/** Whatever is connected to it. */
export async function dropCellDatabase(directory: Queryable, name: string): Promise<void> {
  await directory.run(`DROP DATABASE IF EXISTS ${identifier(name)} WITH (FORCE)`)
}

function unlessThere(error: unknown): number {
  if (databaseErrorOf(error)?.sqlstate !== duplicateDatabase) throw error
  return 0
}

/** What was set for the first database, such as that its log keeps no statements, holds for every other one. */
const ownSettings = (
  directory: Queryable,
): Promise<readonly { readonly setting: string; readonly value: string }[]> =>
  directory.query(
    `SELECT split_part(item, '=', 1) AS setting, substr(item, strpos(item, '=') + 1) AS value
     FROM pg_catalog.pg_db_role_setting s JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase
     CROSS JOIN LATERAL unnest(s.setconfig) AS item
     WHERE s.setrole = 0 AND d.datname = current_database()`,
  )
