import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { auroraDataApi } from '#postgres/aurora-data-api.ts'
import type { DataApi, Field, Login, Parameter } from '#postgres/data-api.ts'
import { databaseErrorOf } from '#postgres/database-error.ts'
import { type DataApiServer, startDataApiServer } from '../support/data-api-server.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
let server: DataApiServer
let adapters: Record<string, DataApi>
const login: Login = { secret: 'iasql/platform', database: 'local' }

beforeAll(async () => {
  database = await openTestDatabase({ callMs: 1_500, idleTransactionMs: 1_000 })
  server = await startDataApiServer(database.dataApi)
  const client = {
    endpoint: server.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    maxAttempts: 1,
  }
  const aurora = auroraDataApi({ resourceArn: 'arn:aws:rds:us-east-1:123456789012:cluster:c', client })
  adapters = { 'in process': database.dataApi, 'by the SDK': aurora }
})

afterAll(async () => {
  await server?.close()
  await database?.close()
})

const text = (name: string, stringValue: string): Parameter => ({ name, value: { stringValue } })

describe.each(['in process', 'by the SDK'])('the Data API %s', (name) => {
  let dataApi: DataApi

  beforeEach(() => {
    dataApi = adapters[name] as DataApi
  })

  const rows = async (sql: string, parameters: Parameter[] = []): Promise<readonly (readonly Field[])[]> =>
    (await dataApi.execute({ login, sql, parameters })).records

  const failing = (sql: string, transactionId?: string) =>
    dataApi.execute({ login, sql, ...(transactionId ? { transactionId } : {}) }).then(
      () => ({ fault: 'none', message: '' }),
      (error) => error,
    )

  test('gives fields by type, and names and types of columns when asked', async () => {
    const result = await dataApi.execute({
      login,
      sql: `SELECT 1::int2 AS a, 9007199254740991 AS b, 1.5::float8 AS c, 1.50::numeric AS d, true AS e, 'x'::text AS f,
              '\\x0102'::bytea AS g, NULL::int AS h, '2026-01-02 03:04:05.6+02'::timestamptz AS i, '{"a": 1}'::jsonb AS j`,
      includeResultMetadata: true,
    })

    expect(JSON.parse(JSON.stringify(result.records[0]?.filter((field) => !('blobValue' in field))))).toEqual(
      [
        { longValue: 1 },
        { longValue: 9007199254740991 },
        { doubleValue: 1.5 },
        { stringValue: '1.50' },
        { booleanValue: true },
        { stringValue: 'x' },
        { isNull: true },
        { stringValue: '2026-01-02 01:04:05.6' },
        { stringValue: '{"a": 1}' },
      ],
    )
    expect(Buffer.from((result.records[0]?.[6] as { blobValue: Uint8Array }).blobValue)).toEqual(
      Buffer.from([1, 2]),
    )
    expect(result.columns?.map(({ typeName }) => typeName).join()).toBe(
      'int2,int8,float8,numeric,bool,text,bytea,int4,timestamptz,jsonb',
    )
  })

  test('binds :name by its type, and nothing that only looks like one', async () => {
    const parameters: Parameter[] = [
      text('s', "it's :s"),
      { name: 'n', value: { longValue: 7 } },
      { name: 'j', value: { stringValue: '[1]' }, typeHint: 'JSON' },
      { name: 'nothing', value: { isNull: true } },
    ]
    const sql = `SELECT :s || ':s' || $$:s$$ || $a$:s$a$ AS one, -- :s
      pg_typeof(:n)::text /* :s /* :s */ */ AS two, jsonb_typeof(:j), (ARRAY[1,2,3])[1:2]::text, :nothing::text, E'\\':s', ":n"
      FROM (SELECT 1 AS ":n") q`

    const [row] = await rows(sql, parameters)

    expect(row?.map((field) => Object.values(field)[0])).toEqual([
      "it's :s:s:s:s",
      'bigint',
      'array',
      '{1,2}',
      true,
      "':s",
      1,
    ])
  })

  test.each(['interval', 'timetz', 'money', 'point', '"char"', 'regclass', 'xid8'])(
    'refuses a %s, though not its NULL',
    async (type) => {
      const samples: Record<string, string> = {
        interval: '1 day',
        timetz: '01:00+00',
        money: '1',
        point: '(1,2)',
        '"char"': 'x',
        regclass: 'pg_class',
        xid8: '5',
      }

      expect((await failing(`SELECT '${samples[type]}'::${type}`)).fault).toBe('unsupported-result')
      expect(await rows(`SELECT NULL::${type}`)).toEqual([[{ isNull: true }]])
    },
  )

  test.each([
    ['a row above 64 KB', "SELECT repeat('x', 65537)", 'row-too-large'],
    ['a result above 1 MiB', "SELECT repeat('x', 60000) FROM generate_series(1, 20)", 'result-too-large'],
    ['a request above 4 MiB', `SELECT '${'x'.repeat(4_194_304)}'`, 'request-too-large'],
    ['two statements', 'SELECT 1; SELECT 2', 'bad-request'],
    ['a call above its time', 'SELECT pg_sleep(20)', 'statement-timeout'],
  ])('refuses %s', async (_what, sql, fault) => {
    expect((await failing(sql)).fault).toBe(fault)
  })

  test('refuses a parameter that is not given', async () => {
    expect((await failing('SELECT :missing')).fault).toBe('bad-request')
  })

  test('carries nothing from one call to the next', async () => {
    await rows("SET TimeZone = 'Asia/Tokyo'")

    for (let call = 0; call < 12; call++)
      expect(await rows('SHOW TimeZone')).toEqual([[{ stringValue: 'UTC' }]])
  })

  test('keeps a transaction together and rolls it back', async () => {
    const id = await dataApi.begin(login)
    await dataApi.execute({ login, sql: 'CREATE TABLE iasql_platform.scratch (n int)', transactionId: id })
    const inside = await dataApi.execute({
      login,
      sql: "SELECT to_regclass('iasql_platform.scratch') IS NOT NULL",
      transactionId: id,
    })
    await dataApi.rollback(login, id)

    expect(inside.records).toEqual([[{ booleanValue: true }]])
    expect(await rows("SELECT to_regclass('iasql_platform.scratch')::text")).toEqual([[{ isNull: true }]])
    expect((await failing('SELECT 1', id)).fault).toBe('transaction-not-found')
  })

  test('refuses a second call while a transaction is busy', async () => {
    const id = await dataApi.begin(login)

    const first = dataApi.execute({ login, sql: 'SELECT pg_sleep(0.5)', transactionId: id })
    await new Promise((resolve) => setTimeout(resolve, 150))
    const second = await failing('SELECT 1', id)
    await first
    await dataApi.rollback(login, id)

    expect(second.fault).toBe('busy-transaction')
  })

  test('ends a transaction that idles', async () => {
    const id = await dataApi.begin(login)

    await new Promise((resolve) => setTimeout(resolve, 1_400))

    expect((await failing('SELECT 1', id)).fault).toBe('transaction-not-found')
  })

  test('says so when what is committed was aborted before', async () => {
    const id = await dataApi.begin(login)
    await failing('SELECT 1/0', id)

    const error = await dataApi.commit(login, id).catch((caught: unknown) => caught)

    expect(databaseErrorOf(error)?.sqlstate).toBe('25P02')
  })

  test('gives a database error as one text that can be taken apart', async () => {
    const sql = `DO $$ BEGIN RAISE EXCEPTION E'two\\nlines' USING ERRCODE = 'IQ001', DETAIL = E'd1\\nd2', HINT = 'h'; END $$`

    const fields = databaseErrorOf(await failing(sql))

    expect(fields).toMatchObject({ sqlstate: 'IQ001', message: 'two\nlines', detail: 'd1\nd2', hint: 'h' })
    expect(databaseErrorOf(await failing('SELECT nope'))).toMatchObject({ sqlstate: '42703', position: 8 })
    expect(databaseErrorOf(await failing("DO $$ BEGIN EXECUTE 'SELECT nope'; END $$"))).toMatchObject({
      sqlstate: '42703',
      internalQuery: 'SELECT nope',
      internalPosition: 8,
    })
  })
})

test('waits for a database that wakes up', async () => {
  server.sleep(1)

  const result = await adapters['by the SDK']?.execute({ login, sql: 'SELECT 1' })

  expect(result?.records).toEqual([[{ longValue: 1 }]])
})

test('says that the database does not answer, and works again when it is back', async () => {
  const { dataApi, cluster } = database
  await dataApi.execute({ login, sql: 'SELECT 1' })
  await dataApi.execute({ login, sql: 'SELECT pg_terminate_backend(pg_backend_pid())' }).catch(() => {})
  const after = await dataApi.execute({ login, sql: 'SELECT 2' })

  await cluster.stop()
  const error = await dataApi.execute({ login, sql: 'SELECT 3' }).catch((caught) => caught)

  expect(after.records).toEqual([[{ longValue: 2 }]])
  expect(error.fault).toBe('unavailable')
})
