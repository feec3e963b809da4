/** The tables of all modules in PostgreSQL: their checks, the default region, the default account. */
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { createTablesSql } from '#engine/ddl/create-tables.ts'
import { dropTablesSql } from '#engine/ddl/drop-tables.ts'
import { tableLookup } from '#engine/plan/resource.ts'
import { modules } from '#modules/registry.ts'
import { startTestCluster, type TestCluster } from '#test/support/cluster.ts'

const names = { schema: 't', ownerRole: 't_owner', readerRole: 't_reader', writerRole: 't_writer' }
const tables = modules.flatMap((module) => module.tables)
const lookup = tableLookup(tables)

const engineTables = [
  `CREATE TABLE t.iasql_resource (resource_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, table_name text,
    row_id bigint, companion_of bigint, UNIQUE (table_name, row_id))`,
  `CREATE TABLE t.iasql_edit (edit_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, table_name text, row_id bigint,
    op "char", xid xid8, at timestamptz, login text, companion boolean)`,
  `CREATE TABLE t.iasql_audit (table_name text, row_id bigint, change_type text, original jsonb, change jsonb, message text,
    by_engine boolean, actor text, execution_id bigint)`,
  'CREATE TABLE t.iasql_notice (xid xid8, ordinal bigint GENERATED ALWAYS AS IDENTITY, message text, hint text)',
]

let cluster: TestCluster
let db: pg.Client

const asOwner = async (statements: readonly string[]): Promise<void> => {
  await db.query('SET ROLE t_owner')
  for (const statement of statements) await db.query(statement)
  await db.query('RESET ROLE')
}

beforeAll(async () => {
  cluster = await startTestCluster()
  db = new pg.Client({ connectionString: cluster.connectionString })
  await db.connect()
  for (const statement of [
    'CREATE ROLE t_owner',
    'GRANT t_owner TO CURRENT_USER',
    'CREATE ROLE t_reader',
    'CREATE ROLE t_writer',
    'GRANT t_writer TO CURRENT_USER',
    'CREATE SCHEMA t AUTHORIZATION t_owner',
    'GRANT USAGE ON SCHEMA t TO t_reader, t_writer',
  ])
    await db.query(statement)
  await asOwner(engineTables)
  for (const module of modules) {
    await asOwner(createTablesSql(names, module.tables, lookup))
    await asOwner(module.sql.flatMap((sql) => sql.create(names)))
  }
  await asOwner([
    "INSERT INTO t.aws_accounts (account_id, is_default) VALUES ('123456789012', true)",
    "INSERT INTO t.aws_regions (region, is_default) VALUES ('us-east-1', true), ('eu-west-1', false)",
  ])
})
afterAll(async () => {
  await db?.end()
  await cluster?.stop()
})
beforeEach(async () => {
  await db.query('BEGIN')
})
afterEach(async () => {
  await db.query('ROLLBACK')
})

const value = async (sql: string): Promise<unknown> => Object.values((await db.query(sql)).rows[0] ?? {})[0]

test('a row that names no place goes to the default ones', async () => {
  await db.query("SET LOCAL ROLE t_writer; INSERT INTO t.queue (name) VALUES ('jobs')")

  const { rows } = await db.query('SELECT account_id, region, visibility_timeout FROM t.queue')

  expect(rows).toEqual([{ account_id: '123456789012', region: 'us-east-1', visibility_timeout: 30 }])
})

test('without a default region it is us-east-1', async () => {
  await db.query('UPDATE t.aws_regions SET is_default = false')

  expect(await value('SELECT t.default_aws_region()')).toBe('us-east-1')
})

test('a second default is refused with what to do instead', async () => {
  await db.query('SET LOCAL ROLE t_writer')

  const second = db.query("UPDATE t.aws_regions SET is_default = true WHERE region = 'eu-west-1'")

  await expect(second).rejects.toMatchObject({
    code: '23505',
    message: 'only one region can be the default',
    hint: "Change it in one step: SELECT default_aws_region('eu-west-1');",
  })
})

test('the default moves in one statement, whatever the order of the rows', async () => {
  for (const region of ['eu-west-1', 'us-east-1', 'eu-west-1'])
    await db.query('UPDATE t.aws_regions SET is_default = (region = $1)', [region])

  expect(await value('SELECT t.default_aws_region()')).toBe('eu-west-1')
})

test('two transactions at once cannot both set a default', async () => {
  const other = new pg.Client({ connectionString: cluster.connectionString })
  await other.connect()
  await db.query('ROLLBACK')
  await db.query(
    "UPDATE t.aws_regions SET is_default = false; INSERT INTO t.aws_regions (region) VALUES ('sa-east-1')",
  )
  await Promise.all([db.query('BEGIN'), other.query('BEGIN')])
  await db.query("UPDATE t.aws_regions SET is_default = true WHERE region = 'eu-west-1'")
  await other.query("UPDATE t.aws_regions SET is_default = true WHERE region = 'sa-east-1'")

  const ends = await Promise.allSettled([db.query('COMMIT'), other.query('COMMIT')])

  expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  await other.end()
  await db.query("DELETE FROM t.aws_regions WHERE region = 'sa-east-1'")
  await db.query("UPDATE t.aws_regions SET is_default = (region = 'us-east-1')")
})

test('only the flags of a region can be written', async () => {
  await db.query('SET LOCAL ROLE t_writer')
  await db.query("UPDATE t.aws_regions SET is_enabled = true WHERE region = 'eu-west-1'")

  await expect(db.query("UPDATE t.aws_regions SET region = 'x'")).rejects.toMatchObject({ code: '42501' })
})

test('reads of defaults are open to both roles and to nobody else', async () => {
  const rights =
    await db.query(`SELECT r, has_function_privilege(r, 't.default_aws_region()', 'EXECUTE') AS may
    FROM unnest(ARRAY['t_reader', 't_writer', 'pg_monitor']) r`)

  expect(rights.rows.map(({ may }) => may)).toEqual([true, true, false])
})

const inserts = {
  'a queue with an odd name': "INSERT INTO t.queue (name) VALUES ('a b')",
  'a queue that waits too long': "INSERT INTO t.queue (name, delay_seconds) VALUES ('a', 901)",
  'a FIFO queue with an ordinary name': "INSERT INTO t.queue (name, fifo_queue) VALUES ('a', true)",
  'an ordinary queue with a FIFO name': "INSERT INTO t.queue (name) VALUES ('a.fifo')",
  'a tenancy that is none': "INSERT INTO t.vpc (cidr_block, instance_tenancy) VALUES ('10.0.0.0/16', 'host')",
  'tags that are no object': "INSERT INTO t.vpc (cidr_block, tags) VALUES ('10.0.0.0/16', '[]')",
  'a destination that is none': "INSERT INTO t.route (route_table_id, destination) VALUES (1, 'pl_1')",
  'a destination with host bits':
    "INSERT INTO t.route (route_table_id, destination) VALUES (1, '10.0.0.1/16')",
  'a destination spelt at length':
    "INSERT INTO t.route (route_table_id, destination) VALUES (1, '2001:DB8::/32')",
}

test.each(Object.entries(inserts))('refuses %s at the statement', async (_, sql) => {
  await expect(db.query(sql)).rejects.toMatchObject({ code: expect.stringMatching(/^(23514|22P02)$/) })
})

test('takes destinations as AWS writes them', async () => {
  const destinations = ['0.0.0.0/0', '10.1.0.0/16', '::/0', '2001:db8:1:1a00::/56', 'pl-63a5400a']

  for (const destination of destinations)
    await db.query('INSERT INTO t.route (route_table_id, destination) VALUES (1, $1)', [destination])

  expect(await value('SELECT count(*)::int FROM t.route')).toBe(destinations.length)
})

test('everything goes again, the functions of the module before its tables', async () => {
  for (const module of modules.toReversed()) {
    await asOwner(module.sql.flatMap((sql) => sql.drop(names)))
    await asOwner(dropTablesSql(names, module.tables, lookup))
  }

  const left =
    await db.query(`SELECT relname FROM pg_class WHERE relnamespace = 't'::regnamespace AND relkind = 'r'
    UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 't'::regnamespace`)
  expect(left.rows.map(({ relname }) => relname).filter((name) => !name.startsWith('iasql_'))).toEqual([])
})
