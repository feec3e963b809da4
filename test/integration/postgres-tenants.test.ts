/** Tenants in the database: made whole whatever happens, and kept apart by PostgreSQL itself. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Database, databaseOver } from '#postgres/database.ts'
import { databaseErrorOf } from '#postgres/database-error.ts'
import { migratePlatform, migrateTenant } from '#postgres/migrate.ts'
import type { TenantMigration } from '#postgres/migrations/migration.ts'
import { platformMigrations } from '#postgres/migrations/platform.ts'
import { provisionTenant } from '#postgres/provision-tenant.ts'
import type { Secrets } from '#postgres/secrets.ts'
import { findTenant, listTenants } from '#postgres/statements/tenant-find.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
let platform: Database
let secrets: Secrets

beforeAll(async () => {
  database = await openTestDatabase()
  platform = database.platform
  secrets = database.secrets
})

afterAll(async () => {
  await database?.close()
})

const provision = (alias: string) =>
  provisionTenant(platform, secrets, { alias, database: database.databaseName })

const as = (tenant: Tenant, who: 'reader' | 'writer'): Database => databaseOver(database.dataApi, tenant[who])

const stateOf = async (work: Promise<unknown>): Promise<string | undefined> =>
  work.then(
    () => 'none',
    (error: unknown) => databaseErrorOf(error)?.sqlstate ?? String(error),
  )

const sample = (version: number, sql: (tenant: Tenant) => readonly string[]): TenantMigration => ({
  name: 'sample',
  version,
  sql,
})

test('migrates the platform once, however often and by however many', async () => {
  await Promise.all([migratePlatform(platform), migratePlatform(platform), migratePlatform(platform)])

  const versions = await platform.query(
    "SELECT name, version FROM iasql_platform.schema_version WHERE scope = 'platform'",
  )
  expect(versions).toEqual(platformMigrations.map(({ name, version }) => ({ name, version })))
})

test('gives a tenant opaque names and finds it by id and by alias', async () => {
  const tenant = await provision('named')

  expect(tenant.id).toMatch(/^t_[0-9a-f]{16}$/)
  expect(tenant.schema).toBe(tenant.id)
  expect(await findTenant(platform, { id: tenant.id })).toEqual({ ...tenant, state: 'active' })
  expect(await findTenant(platform, { alias: 'named' })).toMatchObject({ id: tenant.id })
  expect(await findTenant(platform, { id: 'nobody' })).toBeUndefined()
  expect((await listTenants(platform)).map(({ id }) => id)).toContain(tenant.id)
})

test('makes one tenant when two make it at once, and its logins work', async () => {
  const [one, two, three] = await Promise.all([provision('twice'), provision('twice'), provision('twice')])

  expect(two.id).toBe(one.id)
  expect(three.id).toBe(one.id)
  for (const who of ['reader', 'writer'] as const) {
    expect(await as(one, who).query('SELECT session_user::text AS name')).toEqual([
      { name: one[`${who}Role`] },
    ])
  }
})

test('completes a tenant whose making was cut off', async () => {
  let puts = 0
  const failing: Secrets = {
    ...secrets,
    put: async (name, credentials) => {
      puts += 1
      if (puts === 2) throw new Error('cut off')
      await secrets.put(name, credentials)
    },
  }
  const cut = provisionTenant(platform, failing, { alias: 'cut', database: database.databaseName })
  await expect(cut).rejects.toThrow('cut off')

  const tenant = await provision('cut')

  expect(await as(tenant, 'writer').query('SELECT 1 AS one')).toEqual([{ one: 1 }])
})

test('makes new passwords when the secrets were lost', async () => {
  const tenant = await provision('lost')
  const kept = new Map<string, { user: string; password: string }>()
  const empty: Secrets = {
    get: async (name) => kept.get(name) ?? Promise.reject(new Error('no such secret')),
    put: async (name, credentials) => {
      kept.set(name, credentials)
      await secrets.put(name, credentials)
    },
    delete: async (name) => void kept.delete(name),
  }
  await provisionTenant(platform, empty, { alias: 'lost', database: database.databaseName })

  expect([...kept.keys()].sort()).toEqual([tenant.reader.secret, tenant.writer.secret])
  expect(await as(tenant, 'reader').query('SELECT 1 AS one')).toEqual([{ one: 1 }])
})

test('runs each migration of a tenant once and whole, as its owner', async () => {
  const tenant = await provision('migrated')
  const t = tenant.schema
  const first = sample(1, () => [`CREATE TABLE ${t}.sample (n int)`])
  const broken = sample(2, () => [`INSERT INTO ${t}.sample VALUES (1)`, 'SELECT 1/0'])
  const second = sample(2, () => [`INSERT INTO ${t}.sample VALUES (2)`])

  await Promise.all([migrateTenant(platform, tenant, [first]), migrateTenant(platform, tenant, [first])])
  expect(await stateOf(migrateTenant(platform, tenant, [first, broken]))).toBe('22012')
  await migrateTenant(platform, tenant, [first, second])
  await migrateTenant(platform, tenant, [first, second])

  expect(await platform.query(`SELECT n FROM ${t}.sample`)).toEqual([{ n: 2 }])
  const owner = `SELECT tableowner::text AS owner FROM pg_tables WHERE schemaname = '${t}' AND tablename = 'sample'`
  expect(await platform.query(owner)).toEqual([{ owner: tenant.ownerRole }])
})

describe('a login', () => {
  let tenant: Tenant
  let other: Tenant

  beforeAll(async () => {
    tenant = await provision('one')
    other = await provision('other')
    for (const { schema, ownerRole, writerRole } of [tenant, other]) {
      await platform.transaction(async (transaction) => {
        await transaction.run(`SET LOCAL ROLE ${ownerRole}`)
        await transaction.run(`CREATE TABLE ${schema}.managed (n int)`)
        await transaction.run(`GRANT SELECT, INSERT, UPDATE, DELETE ON ${schema}.managed TO ${writerRole}`)
      })
    }
  })

  test('of a writer works on managed tables and makes its own beside them', async () => {
    const writer = as(tenant, 'writer')
    await writer.run('INSERT INTO managed VALUES (1)')
    await writer.run(`CREATE TABLE ${tenant.userSchema}.mine AS SELECT * FROM managed`)

    expect(await as(tenant, 'reader').query('SELECT n FROM mine')).toEqual([{ n: 1 }])
    expect(await stateOf(as(tenant, 'reader').run('INSERT INTO mine VALUES (2)'))).toBe('42501')
  })

  test.each<[string, (names: { t: string; o: Tenant }) => string]>([
    ['making a table among the managed', ({ t }) => `CREATE TABLE ${t}.mine (n int)`],
    ['altering a managed table', ({ t }) => `ALTER TABLE ${t}.managed ADD m int`],
    ['dropping a managed table', ({ t }) => `DROP TABLE ${t}.managed`],
    [
      'a trigger on a managed table',
      ({ t }) => `CREATE TRIGGER x BEFORE INSERT ON ${t}.managed EXECUTE FUNCTION now()`,
    ],
    ['reading the platform', () => 'SELECT * FROM iasql_platform.token'],
    ['reading another tenant', ({ o }) => `SELECT * FROM ${o.schema}.managed`],
    ['using what another tenant made', ({ o }) => `CREATE TABLE ${o.userSchema}.x (n int)`],
    ['becoming the owner', ({ t }) => `SET ROLE ${t}_owner`],
    ['becoming another tenant', ({ o }) => `SET ROLE ${o.writerRole}`],
    ['becoming the platform', () => 'SET ROLE iasql_platform'],
    ['making a role', () => 'CREATE ROLE x'],
    ['a temporary table', () => 'CREATE TEMP TABLE x (n int)'],
    ['a table in public', () => 'CREATE TABLE public.x (n int)'],
    ['a schema', () => 'CREATE SCHEMA x'],
  ])('is refused %s', async (_what, sql) => {
    const statement = sql({ t: tenant.schema, o: other })

    expect(await stateOf(as(tenant, 'writer').run(statement))).toBe('42501')
    expect(await stateOf(as(tenant, 'reader').run(statement))).toBe('42501')
  })

  test('can be stopped by the platform', async () => {
    const running = stateOf(as(tenant, 'writer').query("SELECT pg_sleep(5)::text AS slept, 'runaway'"))
    const stop = `SELECT pg_cancel_backend(pid) AS stopped FROM pg_stat_activity
      WHERE usename = '${tenant.writerRole}' AND query LIKE '%runaway%'`
    await expect.poll(() => platform.query(stop)).toEqual([{ stopped: true }])

    expect(await running).toBe('57014')
  })

  test('has its settings and limits', async () => {
    const [role] = await platform.query(
      `SELECT rolconnlimit AS connections, rolsuper OR rolcreaterole OR rolcreatedb AS mighty,
         array_to_string(rolconfig, ';') AS settings FROM pg_roles WHERE rolname = :role`,
      { role: tenant.writerRole },
    )

    expect(role).toMatchObject({ connections: 20, mighty: false })
    expect(role).toHaveProperty(
      'settings',
      expect.stringContaining(`search_path=${tenant.schema}, ${tenant.userSchema}`),
    )
  })
})
