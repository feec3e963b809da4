import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createTablesSql } from '#engine/ddl/create-tables.ts'
import { dropTablesSql } from '#engine/ddl/drop-tables.ts'
import { referenceFunctionSql } from '#engine/ddl/reference-function.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { tableLookup } from '#engine/plan/resource.ts'
import { startTestCluster, type TestCluster } from '#test/support/cluster.ts'
import { column, refersTo, table } from '#test/support/engine-tables.ts'

const names = { schema: 't', ownerRole: 't_owner', readerRole: 't_reader', writerRole: 't_writer' }

const kit = [
  table({
    name: 'aws_accounts',
    place: 'tenant',
    access: 'read',
    writable: ['alias'],
    naturalKey: ['account_id'],
    uniqueKey: true,
    columns: {
      account_id: column({ required: true, nature: 'local' }),
      alias: column({ nature: 'local' }),
    },
  }),
  table({
    name: 'aws_regions',
    place: 'tenant',
    access: 'read',
    naturalKey: ['region'],
    uniqueKey: true,
    columns: { region: column({ required: true }) },
  }),
]
const tables: readonly TableSpec[] = [
  table({
    name: 'vpc',
    naturalKey: ['tags'],
    description: "A network's arn:aws:ec2 is no parameter.",
    columns: {
      cidr_block: column({ required: true, clearable: false, replaces: 'after', equality: 'cidr' }),
      is_default: column({ sqlType: 'boolean', nature: 'output' }),
      mtu: column({ sqlType: 'integer', clearable: false, check: '"mtu" BETWEEN 500 AND 9000' }),
      note: column({ nature: 'local' }),
      tags: column({ sqlType: 'jsonb', equality: 'tags' }),
    },
    protects: [{ when: 'is_default', message: 'the default VPC of a region is not deleted' }],
  }),
  table({
    name: 'subnet',
    naturalKey: ['vpc_id', 'cidr_block'],
    uniqueKey: true,
    columns: {
      vpc_id: refersTo('test.vpc', { required: true, replaces: 'after' }),
      cidr_block: column({ required: true, replaces: 'before' }),
      is_public: column({ sqlType: 'boolean', default: false }),
    },
    checks: [{ sql: "cidr_block <> '0.0.0.0/0'", message: 'a subnet is not the whole internet' }],
  }),
  table({
    name: 'route_table',
    naturalKey: ['label'],
    createdWith: [{ parent: 'test.vpc', via: 'vpc_id' }],
    columns: {
      label: column({ replaces: 'after' }),
      vpc_id: refersTo('test.vpc', { required: true, replaces: 'after' }),
    },
  }),
  table({
    name: 'route',
    createdWith: [{ parent: 'test.route_table', via: 'route_table_id' }],
    protects: [{ through: 'route_table_id', when: "label = 'fixed'", message: 'fixed routes stay' }],
    columns: { route_table_id: refersTo('test.route_table', { required: true, replaces: 'after' }) },
  }),
]
const lookup = tableLookup([...kit, ...tables])

const engineTables = [
  `CREATE TABLE t.iasql_resource (resource_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, table_name text,
    row_id bigint, companion_of bigint, UNIQUE (table_name, row_id))`,
  `CREATE TABLE t.iasql_edit (edit_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, table_name text NOT NULL,
    row_id bigint NOT NULL, op "char" NOT NULL, xid xid8 NOT NULL, at timestamptz NOT NULL, login text NOT NULL,
    companion boolean NOT NULL)`,
  `CREATE TABLE t.iasql_notice (xid xid8 NOT NULL, ordinal bigint GENERATED ALWAYS AS IDENTITY, message text NOT NULL,
    hint text)`,
]
const defaults = ['account', 'region'].flatMap((noun) => [
  `CREATE FUNCTION t.default_aws_${noun}() RETURNS text LANGUAGE sql STABLE AS
    $$ SELECT '${noun === 'account' ? '123456789012' : 'us-east-1'}' $$`,
])

let cluster: TestCluster
let platform: pg.Client
let writer: pg.Client

const asOwner = async (statements: readonly string[]): Promise<void> => {
  await platform.query('BEGIN')
  await platform.query('SET LOCAL ROLE t_owner')
  for (const statement of statements) await platform.query(statement)
  await platform.query('COMMIT')
}

beforeAll(async () => {
  cluster = await startTestCluster()
  platform = new pg.Client({ connectionString: cluster.connectionString })
  await platform.connect()
  for (const statement of [
    'CREATE ROLE t_owner',
    'GRANT t_owner TO CURRENT_USER',
    'CREATE ROLE t_reader',
    "CREATE ROLE t_writer LOGIN PASSWORD 'secret'",
    'CREATE SCHEMA t AUTHORIZATION t_owner',
    'GRANT USAGE ON SCHEMA t TO t_reader, t_writer',
    'GRANT t_writer TO CURRENT_USER',
    'CREATE SCHEMA t_user AUTHORIZATION t_writer',
    `GRANT CONNECT ON DATABASE ${cluster.database} TO t_writer`,
  ]) {
    await platform.query(statement)
  }
  await asOwner([...engineTables, ...createTablesSql(names, kit, lookup), ...defaults])
  await asOwner([
    "INSERT INTO t.aws_accounts (account_id) VALUES ('123456789012')",
    "INSERT INTO t.aws_regions (region) VALUES ('us-east-1'), ('eu-west-1')",
    ...createTablesSql(names, tables, lookup),
    ...referenceFunctionSql(names),
  ])
  const { host, port, database } = cluster
  writer = new pg.Client({ host, port, database, user: 't_writer', password: 'secret' })
  await writer.connect()
  await writer.query('SET search_path = t')
})

afterAll(async () => {
  await writer?.end()
  await platform?.end()
  await cluster?.stop()
})

afterEach(async () => {
  const all = [...tables.map(({ name }) => `t.${name}`), 't.iasql_resource', 't.iasql_edit', 't.iasql_notice']
  await asOwner([`TRUNCATE ${all.join(', ')} RESTART IDENTITY CASCADE`])
})

const rows = async (client: pg.Client, sql: string): Promise<readonly unknown[]> =>
  (await client.query(sql)).rows
const journal = async () =>
  (
    await rows(
      platform,
      'SELECT table_name, row_id::int AS row, op, companion FROM t.iasql_edit ORDER BY edit_id',
    )
  ).map((edit) => Object.values(edit as object).join(' '))
const messages = async () =>
  (await rows(platform, 'SELECT message FROM t.iasql_notice ORDER BY ordinal')).map(
    (notice) => (notice as { message: string }).message,
  )
const resource = (name: string, rowId: number, parent: number | null = null) =>
  asOwner([
    `INSERT INTO t.iasql_resource (table_name, row_id, companion_of) VALUES ('${name}', ${rowId}, ${parent})`,
  ])
const insertVpc = (name: string) =>
  writer.query('INSERT INTO vpc (cidr_block, tags) VALUES ($1, $2)', ['10.0.0.0/16', { Name: name }])

describe('the journal', () => {
  test('has one entry for each row that a statement really changed', async () => {
    await insertVpc('first')
    await writer.query('UPDATE vpc SET mtu = 1500')
    await writer.query("UPDATE vpc SET mtu = 1500, note = 'mine'")
    await writer.query('DELETE FROM vpc')

    expect(await journal()).toEqual(['vpc 1 I false', 'vpc 1 U false', 'vpc 1 D false'])
  })

  test('passes by what the engine itself writes', async () => {
    await asOwner(["INSERT INTO t.vpc (cidr_block, is_default) VALUES ('10.0.0.0/16', true)"])

    expect(await journal()).toEqual([])
    expect(await rows(writer, 'SELECT is_default FROM vpc')).toEqual([{ is_default: true }])
  })

  test('keeps up with 10,000 rows of one statement', async () => {
    await writer.query("INSERT INTO vpc (cidr_block) SELECT '10.0.0.0/16' FROM generate_series(1, 10000)")

    expect((await journal()).length).toBe(10_000)
  })
})

describe('what a statement may not do', () => {
  test('outputs are put back, with one notice', async () => {
    await insertVpc('first')
    await writer.query('UPDATE vpc SET is_default = true')
    await writer.query("INSERT INTO vpc (cidr_block, is_default) VALUES ('10.1.0.0/16', true)")

    expect(await rows(writer, 'SELECT count(*)::int AS given FROM vpc WHERE is_default')).toEqual([
      { given: 0 },
    ])
    expect(await messages()).toContain('vpc: is_default is set by AWS; your value was put back')
  })

  test('a value that AWS cannot clear is not cleared', async () => {
    await insertVpc('first')
    await writer.query('UPDATE vpc SET mtu = 1500')

    await expect(writer.query('UPDATE vpc SET mtu = NULL')).rejects.toMatchObject({
      code: '22004',
      message: 'mtu of vpc cannot be cleared once it has a value',
    })
  })

  test('checks, references, ids and read-only tables are refused by PostgreSQL', async () => {
    await insertVpc('first')

    await expect(writer.query('UPDATE vpc SET mtu = 1')).rejects.toMatchObject({
      constraint: 'vpc_mtu_check',
    })
    await expect(
      writer.query("INSERT INTO subnet (vpc_id, cidr_block) VALUES (1, '0.0.0.0/0')"),
    ).rejects.toMatchObject({ constraint: 'subnet_a_subnet_is_not_the_whole_internet' })
    await expect(
      writer.query("INSERT INTO subnet (vpc_id, cidr_block) VALUES (99, '10.0.0.0/24')"),
    ).rejects.toMatchObject({ code: '23503' })
    await expect(writer.query('UPDATE vpc SET id = 7')).rejects.toMatchObject({ code: '42501' })
    await expect(writer.query("UPDATE aws_regions SET region = 'x'")).rejects.toMatchObject({ code: '42501' })
  })

  test('nobody attaches the trigger functions to a table of their own', async () => {
    const granted = await rows(
      platform,
      "SELECT proname FROM pg_proc WHERE prosecdef AND has_function_privilege('t_writer', oid, 'EXECUTE') AND pronamespace = 't'::regnamespace",
    )

    expect(granted).toEqual([])
  })
})

describe('what AWS made', () => {
  test('a protected row is left as it is, with a notice', async () => {
    await asOwner(["INSERT INTO t.vpc (cidr_block, is_default) VALUES ('10.0.0.0/16', true)"])
    await insertVpc('first')

    await writer.query('DELETE FROM vpc')

    expect(await rows(writer, 'SELECT id::int FROM vpc')).toEqual([{ id: 1 }])
    expect(await messages()).toEqual(['vpc: the default VPC of a region is not deleted'])
    await expect(writer.query("UPDATE vpc SET cidr_block = '10.9.0.0/16'")).rejects.toMatchObject({
      code: 'IQ005',
    })
    await writer.query('UPDATE vpc SET mtu = 1500')
  })

  test('protection may come from a referenced row', async () => {
    await insertVpc('first')
    await writer.query("INSERT INTO route_table (vpc_id, label) VALUES (1, 'fixed'), (1, 'free')")
    await writer.query('INSERT INTO route (route_table_id) VALUES (1), (2)')

    await writer.query('DELETE FROM route')

    expect(await rows(writer, 'SELECT route_table_id::int AS t FROM route')).toEqual([{ t: 1 }])
  })

  test('a companion stays while its parent stands, and goes with it through all levels', async () => {
    await insertVpc('first')
    await writer.query("INSERT INTO route_table (vpc_id, label) VALUES (1, 'main')")
    await writer.query('INSERT INTO route (route_table_id) VALUES (1)')
    await resource('vpc', 1)
    await resource('route_table', 1, 1)
    await resource('route', 1, 2)

    await writer.query('DELETE FROM route')
    await writer.query('DELETE FROM route_table')
    expect(await rows(writer, 'SELECT id::int FROM route_table')).toEqual([{ id: 1 }])
    expect(await messages()).toContain('route_table: AWS made it with its vpc and deletes it along with that')
    await expect(writer.query("UPDATE route_table SET label = 'x'")).rejects.toMatchObject({ code: 'IQ005' })

    await writer.query('DELETE FROM vpc')
    expect((await journal()).slice(-3).sort()).toEqual([
      'route 1 D true',
      'route_table 1 D true',
      'vpc 1 D false',
    ])
    expect(await rows(writer, 'SELECT id FROM route')).toEqual([])
  })
})

test('everything below one root moves to another region in one statement', async () => {
  await insertVpc('first')
  await writer.query("INSERT INTO subnet (vpc_id, cidr_block) VALUES (1, '10.0.1.0/24')")
  await writer.query("INSERT INTO route_table (vpc_id, label) VALUES (1, 'main')")
  await resource('vpc', 1)
  await resource('route_table', 1, 1)

  await writer.query("UPDATE vpc SET region = 'eu-west-1'")

  const regions = await rows(writer, 'SELECT region FROM subnet UNION ALL SELECT region FROM route_table')
  expect(regions).toEqual([{ region: 'eu-west-1' }, { region: 'eu-west-1' }])
})

describe('find_<table>', () => {
  test('gives the id of the row with that name', async () => {
    await insertVpc('first')
    await insertVpc('second')

    expect(await rows(writer, "SELECT find_vpc('second')::int AS id")).toEqual([{ id: 2 }])
  })

  test('names the nearest keys, or the ids of several', async () => {
    await insertVpc('production')
    await insertVpc('staging')
    await insertVpc('twin')
    await insertVpc('twin')

    await expect(writer.query("SELECT find_vpc('prodution')")).rejects.toMatchObject({
      code: 'P0002',
      message: 'no vpc is named prodution',
      hint: expect.stringMatching(/^The nearest names are production/),
    })
    await expect(writer.query("SELECT find_vpc('twin')")).rejects.toMatchObject({
      code: '21000',
      hint: expect.stringContaining('3, 4'),
    })
  })
})

test('iasql_ref checks table, row and column at once', async () => {
  await insertVpc('first')

  expect(await rows(writer, "SELECT iasql_ref('vpc', 1, 'mtu') AS ref")).toEqual([
    { ref: '$' + '{vpc(1).mtu}' },
  ])
  await expect(writer.query("SELECT iasql_ref('nope', 1, 'mtu')")).rejects.toMatchObject({ code: '42P01' })
  await expect(writer.query("SELECT iasql_ref('vpc', 1, 'nope')")).rejects.toMatchObject({ code: '42703' })
  await expect(writer.query("SELECT iasql_ref('vpc', 9, 'mtu')")).rejects.toMatchObject({ code: 'P0002' })
})

describe('uninstalling', () => {
  const owned = `SELECT relname FROM pg_class WHERE relnamespace = 't'::regnamespace AND relname IN ('vpc', 'route')
    UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 't'::regnamespace AND proname ~ 'vpc|subnet|route'`

  test('leaves nothing behind, and installing works again', async () => {
    await asOwner(dropTablesSql(names, tables, lookup))
    const left = await rows(platform, owned)
    await asOwner(createTablesSql(names, tables, lookup))

    expect(left).toEqual([])
    expect((await rows(platform, owned)).length).toBeGreaterThan(2)
  })

  test('is refused while a view of the user needs a table', async () => {
    await writer.query('CREATE VIEW t_user.networks AS SELECT * FROM t.vpc')

    const dropping = asOwner(dropTablesSql(names, tables, lookup))

    await expect(dropping).rejects.toMatchObject({ code: '2BP01' })
    await platform.query('ROLLBACK')
    await writer.query('DROP VIEW t_user.networks')
  })
})
