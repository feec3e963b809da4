import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createTablesSql } from '#engine/ddl/create-tables.ts'
import { dropTablesSql } from '#engine/ddl/drop-tables.ts'
import { lookup, ManagedSchema, names, tables } from '#test/support/managed-schema.ts'

let schema: ManagedSchema

beforeAll(async () => {
  schema = await ManagedSchema.open()
})
afterAll(() => schema?.close())
afterEach(() => schema.clear())

describe('the journal', () => {
  test('has one entry for each row that a statement really changed', async () => {
    await schema.insertVpc('first')
    await schema.writer.query('UPDATE vpc SET mtu = 1500')
    await schema.writer.query("UPDATE vpc SET mtu = 1500, note = 'mine'")
    await schema.writer.query('DELETE FROM vpc')

    expect(await schema.journal()).toEqual(['vpc 1 I', 'vpc 1 U', 'vpc 1 D'])
  })

  test('passes by what the engine itself writes', async () => {
    await schema.asOwner(["INSERT INTO t.vpc (cidr_block, is_default) VALUES ('10.0.0.0/16', true)"])

    expect(await schema.journal()).toEqual([])
    expect(await schema.rows('SELECT is_default FROM vpc')).toEqual([{ is_default: true }])
  })

  test('keeps up with 10,000 rows of one statement', async () => {
    await schema.writer.query(
      "INSERT INTO vpc (cidr_block) SELECT '10.0.0.0/16' FROM generate_series(1, 10000)",
    )

    expect((await schema.journal()).length).toBe(10_000)
  })
})

describe('what a statement may not do', () => {
  test('outputs are put back, with one notice', async () => {
    await schema.insertVpc('first')
    await schema.writer.query('UPDATE vpc SET is_default = true')
    await schema.writer.query("INSERT INTO vpc (cidr_block, is_default) VALUES ('10.1.0.0/16', true)")

    expect(await schema.rows('SELECT count(*)::int AS given FROM vpc WHERE is_default')).toEqual([
      { given: 0 },
    ])
    expect(await schema.messages()).toContain('vpc: AWS sets is_default; your value was put back')
  })

  test('a value that AWS cannot clear is cleared until AWS has it', async () => {
    await schema.insertVpc('first')
    await schema.writer.query('UPDATE vpc SET mtu = 1500')
    await schema.writer.query('UPDATE vpc SET mtu = NULL')
    await schema.writer.query('UPDATE vpc SET mtu = 1500')
    await schema.asOwner([
      `INSERT INTO t.iasql_resource (table_name, row_id, base) SELECT 'vpc', id, '{"mtu": 1500}' FROM t.vpc`,
    ])

    await expect(schema.writer.query('UPDATE vpc SET mtu = NULL')).rejects.toMatchObject({
      code: '22004',
      message: 'mtu of vpc cannot be cleared once it has a value',
    })
  })

  test('checks, references, ids and read-only tables are refused by PostgreSQL', async () => {
    await schema.insertVpc('first')

    await expect(schema.writer.query('UPDATE vpc SET mtu = 1')).rejects.toMatchObject({
      constraint: 'vpc_mtu_check',
    })
    await expect(
      schema.writer.query("INSERT INTO subnet (vpc_id, cidr_block) VALUES (1, '0.0.0.0/0')"),
    ).rejects.toMatchObject({ constraint: 'subnet_a_subnet_is_not_the_whole_internet' })
    await expect(
      schema.writer.query("INSERT INTO subnet (vpc_id, cidr_block) VALUES (99, '10.0.0.0/24')"),
    ).rejects.toMatchObject({ code: '23503' })
    await expect(schema.writer.query('UPDATE vpc SET id = 7')).rejects.toMatchObject({ code: '42501' })
    await expect(schema.writer.query("UPDATE aws_regions SET region = 'x'")).rejects.toMatchObject({
      code: '42501',
    })
  })

  test('nobody attaches the trigger functions to a table of their own', async () => {
    const granted = await schema.rows(
      "SELECT proname FROM pg_proc WHERE prosecdef AND has_function_privilege('t_writer', oid, 'EXECUTE') AND pronamespace = 't'::regnamespace",
      schema.platform,
    )

    expect(granted).toEqual([])
  })
})

describe('what AWS made', () => {
  test('a protected row is left as it is, with a notice', async () => {
    await schema.asOwner(["INSERT INTO t.vpc (cidr_block, is_default) VALUES ('10.0.0.0/16', true)"])
    await schema.insertVpc('first')

    await schema.writer.query('DELETE FROM vpc')

    expect(await schema.rows('SELECT id::int FROM vpc')).toEqual([{ id: 1 }])
    expect(await schema.messages()).toEqual(['vpc: the default VPC of a region is not deleted'])
    await expect(schema.writer.query("UPDATE vpc SET cidr_block = '10.9.0.0/16'")).rejects.toMatchObject({
      code: 'IQ005',
    })
    await schema.writer.query('UPDATE vpc SET mtu = 1500')
  })

  test('an external row is only read: a DELETE of all rows leaves it, an UPDATE is refused', async () => {
    await schema.insertVpc('theirs')
    await schema.insertVpc('ours')
    await schema.resource('vpc', 1)
    await schema.asOwner(['UPDATE t.iasql_resource SET external = true'])

    await expect(schema.writer.query('UPDATE vpc SET mtu = 1500')).rejects.toMatchObject({ code: 'IQ005' })
    await schema.writer.query("UPDATE vpc SET note = 'not of the cloud' WHERE id = 1")
    await schema.writer.query('DELETE FROM vpc')

    expect(await schema.rows('SELECT id::int FROM vpc')).toEqual([{ id: 1 }])
    expect(await schema.messages()).toContain('vpc: an external row is not deleted from here')
  })

  test('protection may come from a referenced row', async () => {
    await schema.insertVpc('first')
    await schema.writer.query("INSERT INTO route_table (vpc_id, label) VALUES (1, 'fixed'), (1, 'free')")
    await schema.writer.query('INSERT INTO route (route_table_id) VALUES (1), (2)')

    await schema.writer.query('DELETE FROM route')

    expect(await schema.rows('SELECT route_table_id::int AS t FROM route')).toEqual([{ t: 1 }])
  })

  test('a companion stays while its parent stands, and goes with it through all levels', async () => {
    await schema.insertVpc('first')
    await schema.writer.query("INSERT INTO route_table (vpc_id, label) VALUES (1, 'main')")
    await schema.writer.query('INSERT INTO route (route_table_id) VALUES (1)')
    await schema.resource('vpc', 1)
    await schema.resource('route_table', 1, 1)
    await schema.resource('route', 1, 2)

    await schema.writer.query('DELETE FROM route')
    await schema.writer.query('DELETE FROM route_table')
    expect(await schema.rows('SELECT id::int FROM route_table')).toEqual([{ id: 1 }])
    expect(await schema.messages()).toContain(
      'route_table: AWS made it with its vpc and deletes it along with that',
    )
    await expect(schema.writer.query("UPDATE route_table SET label = 'x'")).rejects.toMatchObject({
      code: 'IQ005',
    })

    await schema.writer.query('DELETE FROM vpc')
    expect((await schema.journal()).slice(-3).sort()).toEqual([
      'route 1 D companion',
      'route_table 1 D companion',
      'vpc 1 D',
    ])
    expect(await schema.rows('SELECT id FROM route')).toEqual([])
  })
})

test('everything below one root moves to another region in one statement', async () => {
  await schema.insertVpc('first')
  await schema.writer.query("INSERT INTO subnet (vpc_id, cidr_block) VALUES (1, '10.0.1.0/24')")
  await schema.writer.query("INSERT INTO route_table (vpc_id, label) VALUES (1, 'main')")
  await schema.resource('vpc', 1)
  await schema.resource('route_table', 1, 1)

  await schema.writer.query("UPDATE vpc SET region = 'eu-west-1'")

  const regions = await schema.rows('SELECT region FROM subnet UNION ALL SELECT region FROM route_table')
  expect(regions).toEqual([{ region: 'eu-west-1' }, { region: 'eu-west-1' }])
})

describe('find_<table>', () => {
  test('gives the id of the row with that name', async () => {
    await schema.insertVpc('first')
    await schema.insertVpc('second')

    expect(await schema.rows("SELECT find_vpc('second')::int AS id")).toEqual([{ id: 2 }])
  })

  test('names the nearest keys, or the ids of several', async () => {
    await schema.insertVpc('production')
    await schema.insertVpc('staging')
    await schema.insertVpc('twin')
    await schema.insertVpc('twin')

    await expect(schema.writer.query("SELECT find_vpc('prodution')")).rejects.toMatchObject({
      code: 'P0002',
      message: 'no vpc is named prodution',
      hint: expect.stringMatching(/^The nearest names are production/),
    })
    await expect(schema.writer.query("SELECT find_vpc('twin')")).rejects.toMatchObject({
      code: '21000',
      hint: expect.stringContaining('3, 4'),
    })
  })
})

test('iasql_ref checks table, row and column at once', async () => {
  await schema.insertVpc('first')

  expect(await schema.rows("SELECT iasql_ref('vpc', 1, 'mtu') AS ref")).toEqual([
    { ref: '$' + '{vpc(1).mtu}' },
  ])
  await expect(schema.writer.query("SELECT iasql_ref('nope', 1, 'mtu')")).rejects.toMatchObject({
    code: '42P01',
  })
  await expect(schema.writer.query("SELECT iasql_ref('vpc', 1, 'nope')")).rejects.toMatchObject({
    code: '42703',
  })
  await expect(schema.writer.query("SELECT iasql_ref('vpc', 9, 'mtu')")).rejects.toMatchObject({
    code: 'P0002',
  })
})

test('references written by hand are checked like those of iasql_ref', async () => {
  await schema.insertVpc('first')
  const tag = (text: string) =>
    schema.writer.query('UPDATE vpc SET tags = jsonb_build_object($1::text, $1::text)', [text])

  await tag('mtu $' + '{vpc(1).mtu} of $' + '{aws:username}')
  await schema.writer.query('UPDATE vpc SET mtu = 1400')
  await expect(
    schema.writer.query("INSERT INTO vpc (cidr_block) VALUES ('10.0.0.0/16 $' || '{vpc(8).mtu}')"),
  ).rejects.toMatchObject({ code: '22023', column: 'cidr_block' })
  for (const wrong of ['vpc(9).mtu', 'nope(1).x', 'vpc(1).nope']) {
    await expect(tag(`$\{${wrong}}`)).rejects.toMatchObject({
      code: '22023',
      message: expect.stringContaining(wrong),
      hint: expect.stringContaining('iasql_ref'),
    })
  }
})

describe('uninstalling', () => {
  const owned = `SELECT relname FROM pg_class WHERE relnamespace = 't'::regnamespace AND relname IN ('vpc', 'route')
    UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 't'::regnamespace AND proname ~ 'vpc|subnet|route'`

  test('leaves nothing behind, and installing works again', async () => {
    await schema.asOwner(dropTablesSql(names, tables, lookup))
    const left = await schema.rows(owned, schema.platform)
    await schema.asOwner(createTablesSql(names, tables, lookup))

    expect(left).toEqual([])
    expect((await schema.rows(owned, schema.platform)).length).toBeGreaterThan(2)
  })

  test('is refused while a view of the user needs a table', async () => {
    await schema.writer.query('CREATE VIEW t_user.networks AS SELECT * FROM t.vpc')

    const dropping = schema.asOwner(dropTablesSql(names, tables, lookup))

    await expect(dropping).rejects.toMatchObject({ code: '2BP01' })
    await schema.writer.query('DROP VIEW t_user.networks')
  })
})
