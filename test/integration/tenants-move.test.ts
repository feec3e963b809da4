/** A tenant is moved into a database of its own, and back: everything is as before, whatever it has made, wherever it broke off. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { atTenant } from '#operations/tenant/cell.ts'
import { databaseOver } from '#postgres/database.ts'
import { insertLinkedAccount, linkedAccounts } from '#postgres/statements/linked-account.ts'
import { findTenant } from '#postgres/statements/tenant-find.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { openPlatformLab, type PlatformLab } from '../support/platform-lab.ts'
import { pictureOf } from '../support/tenant-picture.ts'
import { makeUserWorld } from '../support/user-world.ts'

let lab: PlatformLab

beforeAll(async () => {
  lab = await openPlatformLab()
})
afterAll(() => lab?.close())

const connect = async (alias: string): Promise<Tenant> => {
  await lab.call('iasql_connect', [alias])
  const tenant = await findTenant(lab.platform, { alias })
  if (!tenant) throw new Error(`there is no ${alias}`)
  return tenant
}
const place = async (tenant: Tenant) => (await atTenant(lab.ports, tenant.id)).ports.platform
const picture = async (tenant: Tenant) => pictureOf(await place(tenant), tenant)
const writer = async ({ id }: Tenant) => lab.as((await atTenant(lab.ports, id)).tenant, 'writer')
const move = (alias: string, placement: string) => lab.call('iasql_tenant_move', [alias, placement])
const lineOf = async (alias: string) =>
  (await lab.call('iasql_db_list', [])).find((line) => line.alias === alias)
const databases = async () =>
  (await lab.platform.query<{ name: string }>('SELECT datname::text AS name FROM pg_database')).map(
    ({ name }) => name,
  )
/** Of the tenant in the first database, but for its roles. */
const traces = ({ id }: Tenant) =>
  lab.platform.query(
    `SELECT nspname::text AS name FROM pg_namespace WHERE nspname LIKE :id || '%'
     UNION ALL SELECT scope FROM iasql_platform.schema_version WHERE scope = :id
     UNION ALL SELECT tenant_id FROM iasql_platform.drift_schedule WHERE tenant_id = :id
     UNION ALL SELECT 'move' FROM iasql_platform.tenant_move WHERE tenant_id = :id
     UNION ALL SELECT pg_describe_object(s.classid, s.objid, s.objsubid) FROM pg_shdepend s JOIN pg_roles r ON r.oid = s.refobjid
       WHERE r.rolname LIKE :id || '%' AND s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    { id },
  )

/** Whose machine finds the tenant gone. */
const beginCheck = ({ id }: Tenant) =>
  lab.platform.run(
    `INSERT INTO iasql_platform.drift_schedule (tenant_id, running_since) VALUES (:id, now())
     ON CONFLICT (tenant_id) DO UPDATE SET running_since = excluded.running_since`,
    { id },
  )
/** Of an account that is not linked any more, or never came to be: a crash was between the two databases. */
const leaveLink = ({ id: tenantId }: Tenant) => {
  const role = { read_role_arn: 'arn:aws:iam::333333333333:role/iasql', write_role_arn: null }
  const link = { tenantId, account_id: '333333333333', ...role, external_id: 'x', by: 'ann' }
  return insertLinkedAccount(lab.platform, link)
}

test('whatever a tenant has made itself is the same in a database of its own, and back among the others', async () => {
  const tenant = await connect('full')
  await makeUserWorld(await writer(tenant), tenant, 20_000)
  const before = await picture(tenant)
  await beginCheck(tenant)

  const [there] = await move('full', 'dedicated')
  const moved = await picture(tenant)
  const left = await traces(tenant)
  const checks = await (await place(tenant)).query('SELECT running_since FROM iasql_platform.drift_schedule')
  await leaveLink(tenant)
  const [back] = await move('full', 'shared')
  const returned = await picture(tenant)

  expect(there).toMatchObject({ alias: 'full', placement: 'dedicated', state: 'active', problem: null })
  expect(moved).toEqual(before)
  expect(left).toEqual([])
  expect(back).toMatchObject({ placement: 'shared', state: 'active', problem: null })
  expect(returned).toEqual(before)
  expect(await databases()).not.toContain(tenant.id)
  expect(checks).toEqual([{ running_since: null }])
  expect(await linkedAccounts(lab.platform, tenant)).toEqual([])
}, 120_000)

test('after a move it goes on: identities count on, triggers and checks are at work, rights hold', async () => {
  const tenant = await connect('goes_on')
  const u = tenant.userSchema
  await (await writer(tenant)).run(
    `CREATE TABLE ${u}.counted (id int GENERATED ALWAYS AS IDENTITY, n int CHECK (n > 0))`,
  )
  await (await writer(tenant)).run(`INSERT INTO ${u}.counted (n) VALUES (1), (2)`)

  await move('goes_on', 'dedicated')

  const user = await writer(tenant)
  await user.run(`INSERT INTO ${u}.counted (n) VALUES (3)`)
  expect(await user.query(`SELECT id, n FROM ${u}.counted ORDER BY id`)).toEqual([
    { id: 1, n: 1 },
    { id: 2, n: 2 },
    { id: 3, n: 3 },
  ])
  await expect(user.run(`INSERT INTO ${u}.counted (n) VALUES (0)`)).rejects.toThrow('violates check')
  await expect(user.run('UPDATE aws_accounts SET account_id = account_id')).rejects.toThrow(
    'permission denied',
  )
  await user.run("INSERT INTO iasql_drift_policy (table_name, policy) VALUES ('aws_accounts', 'observe')")
  expect(
    await user.query(
      "SELECT count(*) AS noted FROM iasql_audit_log WHERE table_name = 'iasql_drift_policy' AND NOT by_engine",
    ),
  ).toEqual([{ noted: 1 }])
}, 60_000)

describe('its logins', () => {
  const mayConnect = async (tenant: Tenant) =>
    (
      await lab.platform.query<{ name: string }>(
        `SELECT d.datname::text AS name FROM pg_database d
         WHERE has_database_privilege(:role, d.oid, 'CONNECT') AND d.datallowconn ORDER BY 1`,
        { role: tenant.writerRole },
      )
    ).map(({ name }) => name)

  test('get into its own database and no other, and see no other tenant there', async () => {
    const tenant = await connect('apart')
    const other = await connect('neighbour')
    const u = other.userSchema
    await (await writer(other)).run(`CREATE TABLE ${u}.neighbours_plans (n int)`)

    await move('apart', 'dedicated')

    const { tenant: moved } = await atTenant(lab.ports, tenant.id)
    expect(await mayConnect(moved)).toEqual([tenant.id])
    expect(await mayConnect(other)).toEqual([lab.database.databaseName])
    await expect(lab.as(tenant, 'writer').query('SELECT 1 AS one')).rejects.toThrow()
    await expect(
      databaseOver(lab.database.dataApi, { ...other.writer, database: tenant.id }).query('SELECT 1 AS one'),
    ).rejects.toThrow()
    const seen = await lab.as(moved, 'writer').query(
      `SELECT name FROM (SELECT nspname::text AS name FROM pg_namespace UNION SELECT relname FROM pg_class
         UNION SELECT proname FROM pg_proc UNION SELECT typname FROM pg_type UNION SELECT prosrc FROM pg_proc
         UNION SELECT description FROM pg_description) s
       WHERE strpos(name, :other) > 0 OR strpos(name, 'neighbour') > 0`,
      { other: other.id },
    )
    expect(seen).toEqual([])
  }, 60_000)
})

describe('is refused', () => {
  let tenant: Tenant
  beforeAll(async () => {
    tenant = await connect('still')
  })
  const refusalOf = (...given: Parameters<typeof lab.call>) =>
    lab.call(...given).then(
      () => Promise.reject(new Error('it was not refused')),
      (error: { sqlstate: string; message: string; hint: string; code: string }) => error,
    )

  test.each([
    ['an unknown tenant', 'stil', 'dedicated', 'P0002', 'did you mean still'],
    ['the home tenant', 'home', 'dedicated', '55000', 'the home tenant cannot be moved'],
    ['another placement', 'still', 'dedicatd', '22023', 'did you mean dedicated'],
    ['where it is already', 'still', 'shared', '55000', 'is shared already'],
  ])('%s', async (_what, alias, placement, sqlstate, message) => {
    const refused = await refusalOf('iasql_tenant_move', [alias, placement])

    expect(refused).toMatchObject({ sqlstate, hint: expect.stringMatching(/\.$/) })
    expect(refused.message).toContain(message)
  })

  test('whoever is no owner of the home tenant', async () => {
    expect(await refusalOf('iasql_tenant_move', ['still', 'dedicated'], { tenant })).toMatchObject({
      code: 'auth/role',
    })
    expect(await refusalOf('iasql_tenant_move', ['still', 'dedicated'], { role: 'operator' })).toMatchObject({
      code: 'auth/role',
    })
  })

  test.each([
    [
      'execution',
      `INSERT INTO T.iasql_execution_record (kind, rpc, arguments, actor) VALUES ('sync', 'iasql_sync', '[]', 'root')`,
      'execution 1',
    ],
    [
      'transaction',
      "INSERT INTO T.iasql_transaction (transaction_id, actor) VALUES ('tx-7', 'root')",
      'transaction tx-7',
    ],
    [
      'run',
      `INSERT INTO T.iasql_run (run_id, actor, role, state) VALUES ('5d1b8e0c-8d3b-4d0e-9d58-0a4f7b8f6a01', 'root', 'owner', 'running')`,
      'run 5d1b8e0c',
    ],
  ])('a tenant with an open %s, which is named', async (_what, sql, named) => {
    const t = tenant.schema
    await lab.platform.run(sql.replace('T.', `${t}.`))

    const refused = await refusalOf('iasql_tenant_move', ['still', 'dedicated'])
    for (const table of ['iasql_execution_record', 'iasql_transaction', 'iasql_run'])
      await lab.platform.run(`DELETE FROM ${t}.${table}`)

    expect(refused).toMatchObject({ sqlstate: '55006', message: expect.stringContaining(named) })
    expect(await lineOf('still')).toMatchObject({ state: 'active', placement: 'shared', problem: null })
  })

  test('a suspended tenant, until that is lifted', async () => {
    await lab.call('iasql_tenant_suspend', ['still', true])

    const refused = await refusalOf('iasql_tenant_move', ['still', 'dedicated'])
    await lab.call('iasql_tenant_suspend', ['still', false])

    expect(refused).toMatchObject({
      sqlstate: '55000',
      hint: expect.stringContaining('iasql_tenant_suspend'),
    })
  })

  test('a tenant that has made what cannot be carried, all of which is named', async () => {
    const writing = await writer(tenant)
    const made = [
      ['CREATE TABLE U.parted (n int) PARTITION BY LIST (n)', 'table parted'],
      ['CREATE TABLE U.base (n int)', 'table base is inherited from or inherits'],
      ['CREATE TABLE U.heir () INHERITS (U.base)', 'table heir is inherited from or inherits'],
      ['CREATE TABLE U.plain (n int)', ''],
      ['CREATE RULE r AS ON INSERT TO U.plain DO INSTEAD NOTHING', 'rule r on table plain'],
      ['CREATE POLICY p ON U.plain USING (true)', 'policy p on table plain'],
      ['ALTER TABLE U.plain ENABLE ROW LEVEL SECURITY', 'table plain has row security'],
      ['CREATE AGGREGATE U.total (int) (SFUNC = int4pl, STYPE = int)', 'function total(integer)'],
      [
        'CREATE OPERATOR U.=== (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq)',
        'operator ===(integer,integer)',
      ],
      ['CREATE TYPE U.span AS RANGE (SUBTYPE = int)', 'type span'],
      ['SELECT lo_create(4711)', 'large object 4711'],
      ["CREATE COLLATION U.c (LOCALE = 'C')", 'collation c'],
      ['CREATE TYPE U.duo AS (a int, b int)', ''],
      ['CREATE CAST (U.duo AS text) WITH INOUT', 'cast from duo to text'],
      ['CREATE TABLE U.typed OF U.duo', 'table typed is of a type'],
      ['CREATE FUNCTION U.plus(int) RETURNS int IMMUTABLE LANGUAGE sql RETURN $1 + 1', ''],
      ['CREATE TABLE U.worked (n int, m int)', ''],
      ['CREATE INDEX by_value ON U.worked ((n + U.plus(1)))', 'index by_value calls a function'],
      ['CREATE INDEX by_part ON U.worked (n) WHERE U.plus(1) = 2', 'index by_part calls a function'],
      [
        'CREATE STATISTICS U.counted ON (n + U.plus(1)), m FROM U.worked',
        'statistics object counted calls a function',
      ],
      ['CREATE TABLE U.iasql_moving (n int)', 'table iasql_moving has a name that moving needs'],
    ] as const
    for (const [sql] of made) await writing.run(sql.replaceAll('U.', `${tenant.userSchema}.`))

    const refused = await refusalOf('iasql_tenant_move', ['still', 'dedicated'])

    expect(refused).toMatchObject({ sqlstate: '0A000', hint: expect.stringContaining('Drop these') })
    for (const [, named] of made) expect(refused.message).toContain(named)
    expect(await lineOf('still')).toMatchObject({ state: 'active', placement: 'shared', problem: null })
  })
})
