/** One contract for both adapters: what goes in and out, each limit exceeded once, each fault named. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { DataApi, Field, Parameter } from '#postgres/data-api.ts'
import { databaseErrorOf } from '#postgres/database-error.ts'
import {
  type Adapters,
  adapterNames,
  failing,
  platformLogin as login,
  openAdapters,
} from '../support/data-api-adapters.ts'

let adapters: Adapters

beforeAll(async () => {
  adapters = await openAdapters({ callMs: 3_000 })
})

afterAll(async () => {
  await adapters?.close()
})

const text = (name: string, stringValue: string): Parameter => ({ name, value: { stringValue } })

describe.each(adapterNames)('the Data API %s', (name) => {
  let dataApi: DataApi

  beforeEach(() => {
    dataApi = adapters.dataApis[name]
  })

  const execute = (sql: string, parameters: readonly Parameter[] = []) =>
    dataApi.execute({ login, sql, parameters })

  const values = async (sql: string, parameters: readonly Parameter[] = []): Promise<unknown[][]> =>
    (await execute(sql, parameters)).records.map((record) => record.map((field) => Object.values(field)[0]))

  const columnsOf = async (sql: string) =>
    (await dataApi.execute({ login, sql, includeResultMetadata: true })).columns

  test.each<[string, Field]>([
    ['7::int2', { longValue: 7 }],
    ['(-2147483648)::int4', { longValue: -2147483648 }],
    ['9007199254740991::int8', { longValue: 9007199254740991 }],
    ['1.5::float8', { doubleValue: 1.5 }],
    ['1.50::numeric', { stringValue: '1.50' }],
    ['true', { booleanValue: true }],
    ["'é✓'::text", { stringValue: 'é✓' }],
    ["''::varchar", { stringValue: '' }],
    ['NULL::int4', { isNull: true }],
    ["'2026-01-02 03:04:05+02'::timestamptz", { stringValue: '2026-01-02 01:04:05' }],
    ["'2026-01-02 03:04:05.6'::timestamp", { stringValue: '2026-01-02 03:04:05.600' }],
    ["'2026-01-02'::date", { stringValue: '2026-01-02' }],
    ["'03:04:05.123456'::time", { stringValue: '03:04:05.123456' }],
    [`'{"a": [1]}'::jsonb`, { stringValue: '{"a": [1]}' }],
    ["'10.0.0.0/16'::cidr", { stringValue: '10.0.0.0/16' }],
    ['pg_sleep(0)', { stringValue: '' }],
  ])('gives %s', async (expression, field) => {
    const { records } = await execute(`SELECT ${expression}`)

    expect(records).toEqual([[field]])
  })

  test('gives bytes', async () => {
    const [[field]] = (await execute("SELECT '\\x00ff10'::bytea")).records as [[{ blobValue: Uint8Array }]]

    expect([...field.blobValue]).toEqual([0, 255, 16])
  })

  test('names columns and their types when asked, also without rows and for types without values', async () => {
    const columns = await columnsOf(
      'SELECT 1 AS a, now() AS a, NULL::interval AS "B c", NULL::text[] AS d LIMIT 0',
    )

    expect(columns).toEqual([
      { name: 'a', typeName: 'int4' },
      { name: 'a', typeName: 'timestamptz' },
      { name: 'B c', typeName: 'interval' },
      { name: 'd', typeName: '_text' },
    ])
  })

  test('binds parameters by their type', async () => {
    const parameters: Parameter[] = [
      text('s', "it's :s"),
      { name: 'n', value: { longValue: 7 } },
      { name: 'd', value: { doubleValue: 0.5 } },
      { name: 'b', value: { booleanValue: true } },
      { name: 'x', value: { blobValue: new Uint8Array([1, 255]) } },
      { name: 'j', value: { stringValue: '[1]' }, typeHint: 'JSON' },
      { name: 'u', value: { stringValue: 'b5b1c3a2-0000-4000-8000-000000000001' }, typeHint: 'UUID' },
      { name: 't', value: { stringValue: '2026-01-02 03:04:05' }, typeHint: 'TIMESTAMP' },
      { name: 'nothing', value: { isNull: true } },
    ]

    const [row] = await values(
      `SELECT :s || ':s' /* :s */, pg_typeof(:n)::text, pg_typeof(:d)::text, :b AND true, encode(:x, 'hex'),
         jsonb_typeof(:j), pg_typeof(:u)::text, :t + interval '1 day', :nothing::text -- :s`,
      parameters,
    )

    expect(row).toEqual([
      "it's :s:s",
      'bigint',
      'double precision',
      true,
      '01ff',
      'array',
      'uuid',
      '2026-01-03 03:04:05',
      true,
    ])
  })

  test('counts the records that a statement without result changes', async () => {
    await execute('CREATE TABLE iasql_platform.counted (n int)')
    const inserted = await execute('INSERT INTO iasql_platform.counted SELECT generate_series(1, 3)')
    const returned = await execute('DELETE FROM iasql_platform.counted WHERE n > 1 RETURNING n')
    await execute('DROP TABLE iasql_platform.counted')

    expect(inserted).toEqual({ records: [], numberOfRecordsUpdated: 3 })
    expect(returned).toEqual({ records: [[{ longValue: 2 }], [{ longValue: 3 }]], numberOfRecordsUpdated: 0 })
  })

  test.each([
    ["'1 day'::interval", 'INTERVAL'],
    ["'01:00+00'::timetz", 'TIMETZ'],
    ["'1'::money", 'MONEY'],
    ["'(1,2)'::point", 'POINT'],
    [`'x'::"char"`, 'CHAR'],
    ["'pg_class'::regclass", 'REGCLASS'],
    ["'5'::xid8", 'XID8'],
    ["'<a/>'::xml", 'XML'],
    ["'{1}'::int[]", '_INT4'],
    ['ROW(1)', 'RECORD'],
    ["'infinity'::timestamptz", 'infinite'],
  ])('refuses the value %s, though neither NULL nor no rows of it', async (value, words) => {
    const error = await failing(execute(`SELECT ${value}`))

    expect(error.fault).toBe('unsupported-result')
    if (name === 'in process') expect(error.message).toContain(words)
    expect(await values(`SELECT nullif(1, 1), CASE WHEN false THEN ${value} END`)).toEqual([[true, true]])
    expect(await values(`SELECT ${value} LIMIT 0`)).toEqual([])
  })

  test.each([
    ['a row above 64 KB', "SELECT repeat('x', 65537)", 'row-too-large'],
    ['a result above 1 MiB', "SELECT repeat('x', 60000) FROM generate_series(1, 18)", 'result-too-large'],
    ['an endless result', "SELECT repeat('x', 60000), generate_series(1, 100000000)", 'result-too-large'],
    ['a request above 4 MiB', `SELECT '${'x'.repeat(4_194_304)}'`, 'request-too-large'],
    ['two statements', 'SELECT 1; SELECT 2', 'bad-request'],
    ['a parameter that is not given', 'SELECT :missing', 'bad-request'],
    ['a parameter between dollar quotes', 'SELECT $$a :b c$$', 'bad-request'],
    ['an array slice, which reads as a parameter', "SELECT ('{1,2,3}'::int[])[1:2]::text", 'bad-request'],
    ['a call above its time', 'SELECT pg_sleep(20)', 'statement-timeout'],
  ])('refuses %s', async (_what, sql, fault) => {
    expect((await failing(execute(sql))).fault).toBe(fault)
  })

  test('takes what is just within the limits', async () => {
    const rows = await values("SELECT repeat('x', 65536) FROM generate_series(1, 15)")
    const [[length]] = (await values('SELECT octet_length(:s)', [text('s', 'x'.repeat(4_190_000))])) as [
      [number],
    ]

    expect(rows).toHaveLength(15)
    expect(length).toBe(4_190_000)
  })

  test('refuses a login that the database does not know', async () => {
    const unknown = { secret: 'iasql/nobody', database: 'local' }

    expect((await failing(dataApi.begin(unknown))).fault).toBe('forbidden')
    expect(
      (await failing(dataApi.execute({ login: { ...login, database: 'nowhere' }, sql: 'SELECT 1' }))).fault,
    ).toBe('bad-request')
  })

  test('carries nothing from one call to the next', async () => {
    await execute("SET TimeZone = 'Asia/Tokyo'")
    await execute('BEGIN')
    await execute('SELECT pg_advisory_lock(1)')
    await execute("PREPARE kept AS SELECT 'kept'")

    for (let call = 0; call < 20; call++) expect(await values('SHOW TimeZone')).toEqual([['UTC']])
    expect(await values("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")).toEqual([[0]])
    expect(databaseErrorOf(await failing(execute('EXECUTE kept')))?.sqlstate).toBe('26000')
  })

  test('gives a database error as one text that can be taken apart', async () => {
    const sql = `DO $$ BEGIN RAISE EXCEPTION E'two\\nlines' USING ERRCODE = 'IQ001', DETAIL = E'd1\\nd2', HINT = 'h'; END $$`

    const error = await failing(execute(sql))

    expect(error.fault).toBe('database-error')
    expect(databaseErrorOf(error)).toMatchObject({
      sqlstate: 'IQ001',
      message: 'two\nlines',
      detail: 'd1\nd2',
      hint: 'h',
      where: 'PL/pgSQL function inline_code_block line 1 at RAISE',
    })
    expect(databaseErrorOf(await failing(execute('SELECT nope')))).toMatchObject({
      sqlstate: '42703',
      position: 8,
    })
    expect(
      databaseErrorOf(await failing(execute("DO $$ BEGIN EXECUTE 'SELECT nope'; END $$"))),
    ).toMatchObject({
      sqlstate: '42703',
      internalQuery: 'SELECT nope',
      internalPosition: 8,
    })
  })
})
