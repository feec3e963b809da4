import { access, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDataDirectory } from '#local/data-directory/open-data-directory.ts'
import { type Postgres, startPostgres } from '#local/postgres/start-postgres.ts'
import { identify, isRunning } from '#local/process/identity.ts'
import { makeTestDirectory } from '../support/cluster.ts'
import { kill, killWatch, pidsOf, startHost, until } from '../support/host.ts'

let directory: string

beforeAll(async () => {
  directory = await makeTestDirectory()
})

afterAll(() => rm(directory, { recursive: true }))

const cluster = () => join(directory, 'postgres', '17')
const isOfCluster = (command: string) => command.includes(`-D ${cluster()} `)

const start = async () => {
  const opened = await openDataDirectory(directory)
  const messages: string[] = []
  const log = (_: string, message: string) => messages.push(message)
  const started = startPostgres({ directory: opened.path, secrets: opened.secrets, log })
  const postgres = await started.catch(async (error) => {
    await opened.close()
    throw error
  })
  const stop = async () => {
    await postgres.stop()
    await opened.close()
  }
  return { ...postgres, messages, stop }
}

const connect = async (
  { host, port, database, platform, superuser }: Postgres,
  as: 'platform' | 'superuser',
) => {
  const client = new Client({ host, port, database, ...(as === 'platform' ? platform : superuser) })
  client.on('error', () => {})
  await client.connect()
  return client
}

const query = async (postgres: Postgres, sql: string, as: 'platform' | 'superuser' = 'platform') => {
  const client = await connect(postgres, as)
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows.flat()
  } finally {
    await client.end()
  }
}

const postmasterPid = async () =>
  Number.parseInt(await readFile(join(cluster(), 'postmaster.pid'), 'utf8'), 10)

test('makes a cluster of UTF-8 and C.UTF-8, and ends every process of it on stop', async () => {
  const postgres = await start()
  const locale = `SELECT pg_encoding_to_char(encoding), datlocprovider, datlocale FROM pg_database WHERE datname = 'local'`

  const found = await query(postgres, locale)
  await postgres.stop()

  expect(found).toEqual(['UTF8', 'b', 'C.UTF-8'])
  expect(pidsOf(isOfCluster)).toEqual([])
  expect(await readdir(join(directory, 'postgres'))).toEqual(['17'])
})

test('starts on the cluster that is there, with the same data and logins', async () => {
  const first = await start()
  await query(first, 'CREATE TABLE kept AS SELECT 1 AS n')
  await first.stop()

  const second = await start()
  const rows = await query(second, 'SELECT n FROM kept')
  await second.stop()

  expect(second.platform).toEqual(first.platform)
  expect(rows).toEqual([1])
})

test('never logs what a statement holds', async () => {
  const postgres = await start()
  const settings = `SELECT name || '=' || setting FROM pg_settings WHERE name IN ('log_statement', 'log_min_error_statement',
    'log_min_duration_statement', 'log_parameter_max_length_on_error', 'log_error_verbosity', 'shared_preload_libraries')
    ORDER BY name`

  const found = await query(postgres, settings, 'superuser')
  await query(postgres, "SELECT 'a-secret'::int").catch(() => {})
  await postgres.stop()
  const log = await readFile(join(directory, 'postgres.log'), 'utf8')

  expect(found).toEqual([
    'log_error_verbosity=terse',
    'log_min_duration_statement=-1',
    'log_min_error_statement=panic',
    'log_parameter_max_length_on_error=0',
    'log_statement=none',
    'shared_preload_libraries=',
  ])
  expect(log).not.toContain('a-secret')
})

test('gives the platform a role that may make roles and databases and is no superuser, and the public nothing', async () => {
  const postgres = await start()
  const rights = `SELECT rolsuper, rolcreaterole, rolcreatedb, rolcanlogin FROM pg_roles WHERE rolname = current_user`
  const open = `SELECT datname FROM pg_database WHERE has_database_privilege('stranger', oid, 'CONNECT, TEMPORARY')
    AND datallowconn`

  await query(postgres, 'CREATE ROLE stranger LOGIN')
  const role = await query(postgres, rights)
  const openDatabases = await query(postgres, open, 'superuser')
  const mayCreate = await query(postgres, `SELECT has_schema_privilege('stranger', 'public', 'CREATE')`)
  const extension = await query(
    postgres,
    `SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = 'pgcrypto'`,
  )
  await postgres.stop()

  expect(role).toEqual([false, true, true, true])
  expect(openDatabases).toEqual([])
  expect(mayCreate).toEqual([false])
  expect(extension).toEqual(['pgcrypto'])
})

test('ends with the server when that is killed', async () => {
  const host = await startHost<Postgres>('postgres', directory)
  await query(host.served, 'CREATE TABLE before_kill AS SELECT 1 AS n')

  await kill(host.child)

  await until(() => pidsOf(isOfCluster).length === 0)
})

test('comes back after everything was killed at once, with a backend still at work', async () => {
  const host = await startHost<Postgres>('postgres', directory)
  await query(host.served, 'CREATE TABLE survivor AS SELECT 2 AS n')
  const client = await connect(host.served, 'platform')
  client.query('SELECT count(*) FROM generate_series(1, 1000000000) a').catch(() => {})
  const { rows } = await connect(host.served, 'platform').then(async (other) => {
    const found = await other.query(`SELECT pid FROM pg_stat_activity WHERE query LIKE 'SELECT count(*)%'`)
    await other.end()
    return found
  })
  const backend = identify(rows[0].pid)
  const pid = await postmasterPid()
  killWatch(pid)
  await kill(host.child)
  process.kill(pid, 'SIGKILL')
  const isOrphaned = isRunning(backend)

  const postgres = await start()
  const kept = await query(postgres, 'SELECT n FROM survivor')
  await postgres.stop()

  expect(kept).toEqual([2])
  expect([isOrphaned, isRunning(backend)]).toEqual([true, false])
})

test('ends the PostgreSQL that a killed server left running, and starts anew on its data', async () => {
  const host = await startHost<Postgres>('postgres', directory)
  await query(host.served, 'CREATE TABLE left_over AS SELECT 3 AS n')
  const pid = await postmasterPid()
  killWatch(pid)
  await kill(host.child)

  const postgres = await start()
  const kept = await query(postgres, 'SELECT n FROM left_over')
  await postgres.stop()

  expect(kept).toEqual([3])
  expect(pidsOf(isOfCluster)).toEqual([])
})

test('is launched again on the same port when PostgreSQL itself dies', async () => {
  const postgres = await start()
  await query(postgres, 'CREATE TABLE relaunched AS SELECT 4 AS n')

  process.kill(await postmasterPid(), 'SIGKILL')
  let kept: unknown[] = []
  await until(async () => {
    kept = await query(postgres, 'SELECT n FROM relaunched').catch(() => [])
    return kept.length > 0
  })
  await postgres.stop()

  expect(kept).toEqual([4])
  expect(postgres.messages).toEqual(['PostgreSQL ended unexpectedly; starting it again'])
})

test('is not put off by a pid file whose number another process has', async () => {
  await writeFile(join(cluster(), 'postmaster.pid'), `${process.pid}\n${cluster()}\n1\n5432\n\n\n\n`)

  const postgres = await start()
  const kept = await query(postgres, 'SELECT n FROM kept')
  await postgres.stop()

  expect(kept).toEqual([1])
})

test('says what is missing when the passwords of the cluster are gone', async () => {
  const file = join(directory, 'secrets.json')
  const kept = await readFile(file)
  await rm(file)

  const refused = await start().catch((error: Error) => error)
  await writeFile(file, kept)

  expect(refused).toMatchObject({ code: 'host/not-started', message: expect.stringMatching(/^secrets.json/) })
  expect(pidsOf(isOfCluster)).toEqual([])
})

test('makes the cluster anew when the first attempt was cut off', async () => {
  const half = join(directory, 'postgres', '17.new-half')
  await rm(cluster(), { recursive: true })
  await writeFile(half, '')

  const postgres = await start()
  const tables = await query(postgres, `SELECT to_regclass('kept')`)
  await postgres.stop()

  expect(tables).toEqual([null])
  await expect(access(half)).rejects.toThrow('ENOENT')
})
