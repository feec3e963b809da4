/** A PostgreSQL of the user's, named by IASQL_DATABASE_URL, in place of our own. */
import { Client } from 'pg'
import { IasqlError } from '#engine/model/error.ts'
import type { SecretStore } from '../data-directory/secrets.ts'
import { type Address, platformDatabase, preparePlatform, withClient } from './prepare-platform.ts'
import { talkative } from './silent-log.ts'
import type { PlatformDatabase } from './start-postgres.ts'

const leastVersion = 160_000

export interface ExternalDatabase extends PlatformDatabase {
  /** Settings by which its log may get statements, and secrets with them. */
  readonly talks: readonly string[]
}

/** Prepares the server at `url` (`postgres://user:password@host:port/database`) for the platform. */
export const externalPostgres = async (url: string, secrets: SecretStore): Promise<ExternalDatabase> => {
  const client = readUrl(url)
  const address: Address = { host: client.host, port: client.port, ssl: client.ssl }
  const admin = {
    user: client.user ?? '',
    password: client.password ?? '',
    database: client.database ?? 'postgres',
  }
  try {
    await withClient({ ...address, ...admin }, check)
    const platform = await preparePlatform({ address, admin, secrets, isOurs: false })
    const login = { ...address, ...platform, database: platformDatabase }
    return { ...address, database: platformDatabase, platform, talks: await withClient(login, talkative) }
  } catch (error) {
    if (error instanceof IasqlError) throw error
    const reason = reasonOf(error)
    throw new IasqlError(
      'host/not-started',
      `the PostgreSQL at ${address.host}:${address.port} refuses: ${reason}`,
      {
        hint: 'Check that it runs and that IASQL_DATABASE_URL names a role that may log in.',
        cause: error,
      },
    )
  }
}

/** Several addresses of one name fail together, without a message of their own. */
const reasonOf = (error: unknown): string =>
  error instanceof AggregateError ? error.errors.map(reasonOf).join('; ') : (error as Error).message

const readUrl = (url: string): Client => {
  if (/^postgres(ql)?:\/\//.test(url) && URL.canParse(url)) return new Client({ connectionString: url })
  throw new IasqlError('host/usage', 'IASQL_DATABASE_URL is not the URL of a PostgreSQL', {
    hint: 'Give it as postgres://user:password@host:5432/database',
  })
}

interface AdminRights {
  readonly version: number
  readonly user: string
  readonly mayPrepare: boolean
}

const check = async (client: Client): Promise<void> => {
  const { rows } = await client.query<AdminRights>(
    `SELECT pg_catalog.current_setting('server_version_num')::int AS version, rolname AS user,
            rolsuper OR (rolcreaterole AND rolcreatedb) AS "mayPrepare"
       FROM pg_catalog.pg_roles WHERE rolname = current_user`,
  )
  const refusal = rows[0] && refusalOf(rows[0])
  if (refusal) throw refusal
}

/** Why the server or the role will not do; undefined when they will. */
export const refusalOf = ({ version, user, mayPrepare }: AdminRights): IasqlError | undefined => {
  if (version < leastVersion) {
    const major = Math.floor(version / 10_000)
    return new IasqlError('host/not-started', `the PostgreSQL of IASQL_DATABASE_URL is version ${major}`, {
      hint: 'Give one of version 17; 16 and 18 work too.',
    })
  }
  if (mayPrepare) return undefined
  const message = `the role ${user} of IASQL_DATABASE_URL may not create roles and databases`
  return new IasqlError('host/not-started', message, {
    hint: `As a superuser: ALTER ROLE "${user}" CREATEROLE CREATEDB`,
  })
}
