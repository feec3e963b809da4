import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openSecretStore, type SecretStore } from '#local/data-directory/secrets.ts'
import { externalPostgres, refusalOf } from '#local/postgres/external-postgres.ts'
import { createCellDatabase } from '#postgres/cell-database.ts'
import { databaseOver } from '#postgres/database.ts'
import { inProcessDataApi } from '#postgres/in-process-data-api.ts'
import { makeTestDirectory, startTestCluster, type TestCluster } from '../support/cluster.ts'

let cluster: TestCluster
let directory: string
let secrets: SecretStore

/** The cluster stands for a server of the user's: what the platform made in it is taken away. */
beforeAll(async () => {
  cluster = await startTestCluster()
  directory = await makeTestDirectory()
  await administer(
    'CREATE ROLE keeper LOGIN CREATEROLE CREATEDB PASSWORD $$k$$',
    'CREATE ROLE visitor LOGIN PASSWORD $$v$$',
    'GRANT CONNECT ON DATABASE postgres TO PUBLIC',
    'CREATE DATABASE shop',
  )
})

beforeEach(async () => {
  await administer(
    'DROP DATABASE IF EXISTS cell',
    'DROP DATABASE IF EXISTS local',
    `DO $$BEGIN IF to_regrole('iasql_platform') IS NOT NULL THEN DROP OWNED BY iasql_platform; END IF; END$$`,
    'DROP ROLE IF EXISTS iasql_platform',
  )
  await rm(join(directory, 'secrets.json'), { force: true })
  secrets = await openSecretStore(join(directory, 'secrets.json'))
})

afterAll(async () => {
  await cluster.stop()
  await rm(directory, { recursive: true })
})

const administer = async (...statements: string[]): Promise<unknown[]> => {
  const { host, port, superuser } = cluster
  const client = new Client({ host, port, ...superuser, database: 'postgres' })
  await client.connect()
  let rows: unknown[] = []
  for (const sql of statements) rows = (await client.query({ text: sql, rowMode: 'array' })).rows.flat()
  await client.end()
  return rows
}

const url = (user: string, password: string) =>
  `postgres://${user}:${encodeURIComponent(password)}@127.0.0.1:${cluster.port}/postgres`

test.each([
  ['a superuser', () => url('postgres', cluster.superuser.password)],
  ['a role that may create roles and databases', () => url('keeper', 'k')],
])('prepares the server of the user through %s, twice over', async (_, admin) => {
  await externalPostgres(admin(), secrets)
  const { host, port, database, platform } = await externalPostgres(admin(), secrets)
  const client = new Client({ host, port, database, ...platform })
  await client.connect()
  const { rows } = await client.query(`SELECT current_database() AS database, rolsuper, rolcreaterole,
    encode(pgcrypto.digest('a', 'md5'), 'hex') AS digest FROM pg_roles WHERE rolname = current_user`)
  await client.end()

  expect(rows).toEqual([
    { database: 'local', rolsuper: false, rolcreaterole: true, digest: '0cc175b9c0f1b6a831c399e269772661' },
  ])
})

test('keeps statements out of the log of its own database, or says by which settings they get there', async () => {
  const quiet = await externalPostgres(url('postgres', cluster.superuser.password), secrets)
  const kept = await administer(
    `SELECT unnest(setconfig) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase WHERE datname = 'local'`,
  )
  await administer(
    "ALTER DATABASE local SET log_statement = 'all'",
    "ALTER DATABASE local SET log_min_error_statement = 'error'",
  )

  const loud = await externalPostgres(url('keeper', 'k'), secrets)

  expect(quiet.talks).toEqual([])
  expect(kept).toContain('log_min_error_statement=panic')
  expect(loud.talks).toEqual(['log_min_error_statement', 'log_statement'])
})

test('a database that the platform makes for a tenant is as silent as the first, and closed to the public', async () => {
  const { host, port } = await externalPostgres(url('postgres', cluster.superuser.password), secrets)
  const dataApi = inProcessDataApi({ host, port, secrets })
  const login = { secret: 'iasql/platform', database: 'local' }

  await createCellDatabase(databaseOver(dataApi, login), 'cell')

  await dataApi.close()
  const settingsOf = (name: string) =>
    administer(
      `SELECT unnest(setconfig) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
       WHERE datname = '${name}' ORDER BY 1`,
    )
  expect(await settingsOf('cell')).toContain('log_min_error_statement=panic')
  expect(await settingsOf('cell')).toEqual(await settingsOf('local'))
  expect(await administer("SELECT has_database_privilege('visitor', 'cell', 'CONNECT, TEMPORARY')")).toEqual([
    false,
  ])
})

test('closes its own database to the public and leaves those of the user as they are', async () => {
  await externalPostgres(url('keeper', 'k'), secrets)

  const open = await administer(
    `SELECT datname FROM pg_database WHERE has_database_privilege('visitor', oid, 'CONNECT') AND datallowconn ORDER BY 1`,
  )

  expect(open).toContain('shop')
  expect(open).not.toContain('local')
})

test('takes the role over when its password is not known any more', async () => {
  await externalPostgres(url('keeper', 'k'), secrets)
  await rm(join(directory, 'secrets.json'))
  const forgetful = await openSecretStore(join(directory, 'secrets.json'))

  const { platform } = await externalPostgres(url('keeper', 'k'), forgetful)

  expect(platform).toEqual(await forgetful.get('iasql/platform'))
})

test('keeps off a database of that name that is not its own', async () => {
  await administer('CREATE DATABASE local')

  const prepared = externalPostgres(url('postgres', cluster.superuser.password), secrets)

  await expect(prepared).rejects.toThrow('the database local is there already and belongs to postgres')
})

test.each([
  ['a role without the rights', () => url('visitor', 'v'), /visitor .* may not create roles and databases/],
  ['a wrong password', () => url('keeper', 'x'), /refuses: password authentication failed/],
  ['a server that is not there', () => 'postgres://a:b@127.0.0.1:1/x', /127.0.0.1:1 refuses: .*ECONNREFUSED/],
])('refuses %s and says why', async (_, admin, message) => {
  const prepared = externalPostgres(admin(), secrets)

  await expect(prepared).rejects.toMatchObject({
    code: 'host/not-started',
    message: expect.stringMatching(message),
  })
})

test('an address that is no URL is a usage error', async () => {
  const prepared = externalPostgres('localhost:5432', secrets)

  await expect(prepared).rejects.toMatchObject({
    code: 'host/usage',
    hint: expect.stringContaining('postgres://'),
  })
})

test('refuses a version that lacks what the product needs', () => {
  const refusals = [150_008, 160_000, 180_001].map((version) =>
    refusalOf({ version, user: 'keeper', mayPrepare: true }),
  )

  expect(refusals.map((refusal) => refusal?.message)).toEqual([
    'the PostgreSQL of IASQL_DATABASE_URL is version 15',
    undefined,
    undefined,
  ])
})
