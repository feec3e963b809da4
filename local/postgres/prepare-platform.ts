/** Makes the platform's role and database, with nothing open to the public, on a PostgreSQL that may be anyone's. */
import { randomBytes } from 'node:crypto'
import { Client, type ClientConfig, DatabaseError, escapeIdentifier, escapeLiteral } from 'pg'
import { IasqlError } from '#engine/model/error.ts'
import type { Credentials } from '#postgres/secrets.ts'
import type { SecretStore } from '../data-directory/secrets.ts'
import { silence } from './silent-log.ts'

export const platformRole = 'iasql_platform'
export const platformSecret = 'iasql/platform'
export const platformDatabase = 'local'

/** Where a server listens. */
export type Address = Pick<ClientConfig, 'ssl'> & { readonly host: string; readonly port: number }

export interface Preparation {
  readonly address: Address
  /** May create roles and databases. */
  readonly admin: Credentials & { readonly database: string }
  readonly secrets: SecretStore
  /** Whether the whole server is ours: then no database of it stays open to the public. */
  readonly isOurs: boolean
}

/** Runs `work` on a connection of its own. */
export const withClient = async <Result>(
  config: ClientConfig,
  work: (client: Client) => Promise<Result>,
): Promise<Result> => {
  const client = new Client({ ...config, application_name: 'iasql' })
  client.on('error', () => {})
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** Idempotent; gives the platform's credentials. */
export const preparePlatform = async (preparation: Preparation): Promise<Credentials> => {
  const { address, admin, secrets } = preparation
  const platform = await secrets.keep(platformSecret, newPlatform)
  const login = { ...address, ...platform, database: platformDatabase }
  if (await isPrepared(login)) return platform
  const make = (client: Client) => makeRoleAndDatabase(client, platform, preparation.isOurs)
  await withClient({ ...address, ...admin }, make)
  await withClient(login, makeExtension)
  return platform
}

const newPlatform = (): Credentials => ({
  user: platformRole,
  password: randomBytes(32).toString('base64url'),
})

/** No such database or role, a wrong password, no right to connect. */
const notYet = ['3D000', '28000', '28P01', '42501']

/** The extension comes last: where it is, all is, but for what was asked for less before. */
const isPrepared = async (login: ClientConfig): Promise<boolean> => {
  try {
    return await withClient(
      login,
      async (client) =>
        (await exists(client, 'pg_extension', 'extname', 'pgcrypto')) &&
        (await exists(client, 'pg_roles', 'rolcreatedb AND rolname', platformRole)),
    )
  } catch (error) {
    if (error instanceof DatabaseError && notYet.includes(error.code ?? '')) return false
    throw error
  }
}

const exists = async (client: Client, catalog: string, column: string, name: string): Promise<boolean> => {
  const { rowCount } = await client.query(`SELECT FROM pg_catalog.${catalog} WHERE ${column} = $1`, [name])
  return rowCount === 1
}

const makeRoleAndDatabase = async (client: Client, platform: Credentials, isOurs: boolean): Promise<void> => {
  const role = escapeIdentifier(platform.user)
  const verb = (await exists(client, 'pg_roles', 'rolname', platform.user)) ? 'ALTER' : 'CREATE'
  const rights = 'LOGIN CREATEROLE CREATEDB INHERIT'
  await client.query(`${verb} ROLE ${role} ${rights} PASSWORD ${escapeLiteral(platform.password)}`)
  if (isOurs) await client.query(`GRANT pg_use_reserved_connections TO ${role}`)
  // Who is no superuser may give a database only to a role that it can become.
  await client.query(`GRANT ${role} TO CURRENT_USER WITH SET TRUE`)
  if (!(await exists(client, 'pg_database', 'datname', platformDatabase))) {
    await client.query(`CREATE DATABASE ${platformDatabase} OWNER ${role} TEMPLATE template0 ENCODING 'UTF8'`)
  }
  await refuseForeignDatabase(client, platform.user)
  if (!isOurs) await silence(client, platformDatabase, platform.user)
  await closeToPublic(client, isOurs)
}

const refuseForeignDatabase = async (client: Client, owner: string): Promise<void> => {
  const { rows } = await client.query<{ owner: string }>(
    'SELECT pg_catalog.pg_get_userbyid(datdba) AS owner FROM pg_catalog.pg_database WHERE datname = $1',
    [platformDatabase],
  )
  if (rows[0]?.owner === owner) return
  throw new IasqlError(
    'host/not-started',
    `the database ${platformDatabase} is there already and belongs to ${rows[0]?.owner}`,
    { hint: 'Rename that database, or name another PostgreSQL by IASQL_DATABASE_URL.' },
  )
}

const closeToPublic = async (client: Client, isOurs: boolean): Promise<void> => {
  const { rows } = await client.query<{ datname: string }>(
    'SELECT datname FROM pg_catalog.pg_database WHERE datallowconn AND ($1 OR datname = $2)',
    [isOurs, platformDatabase],
  )
  await client.query(`SET ROLE ${isOurs ? 'NONE' : platformRole}`)
  for (const { datname } of rows) {
    await client.query(`REVOKE CONNECT, TEMPORARY ON DATABASE ${escapeIdentifier(datname)} FROM PUBLIC`)
  }
}

const makeExtension = async (client: Client): Promise<void> => {
  await client.query('REVOKE CREATE ON SCHEMA public FROM PUBLIC')
  await client.query('CREATE SCHEMA IF NOT EXISTS pgcrypto')
  await client.query('CREATE EXTENSION IF NOT EXISTS pgcrypto SCHEMA pgcrypto')
}
