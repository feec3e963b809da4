/** Transactions of both adapters: together or not at all, one call at a time, none for long. */
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { DataApi, DataApiError } from '#postgres/data-api.ts'
import { databaseErrorOf } from '#postgres/database-error.ts'
import {
  type Adapters,
  adapterNames,
  failing,
  platformLogin as login,
  openAdapters,
} from '../support/data-api-adapters.ts'
import { until } from '../support/host.ts'

let adapters: Adapters
const limits = { idleTransactionMs: 1_000, transactionMs: 2_500 }

beforeAll(async () => {
  adapters = await openAdapters(limits)
})

afterAll(async () => {
  await adapters?.close()
})

describe.each(adapterNames)('a transaction %s', (name) => {
  let dataApi: DataApi

  beforeEach(() => {
    dataApi = adapters.dataApis[name]
  })

  const execute = (sql: string, transactionId?: string) =>
    dataApi.execute({ login, sql, ...(transactionId === undefined ? {} : { transactionId }) })

  const values = async (sql: string): Promise<unknown[][]> =>
    (await execute(sql)).records.map((record) => record.map((field) => Object.values(field)[0]))

  const exists = "SELECT to_regclass('iasql_platform.scratch') IS NOT NULL"

  test('keeps its statements together and rolls them back', async () => {
    const id = await dataApi.begin(login)
    await execute('CREATE TABLE iasql_platform.scratch (n int)', id)
    const inside = await execute(exists, id)
    const outside = await values(exists)
    await dataApi.rollback(login, id)

    expect(inside.records).toEqual([[{ booleanValue: true }]])
    expect(outside).toEqual([[false]])
    expect(await values(exists)).toEqual([[false]])
  })

  test('commits, and is gone afterwards', async () => {
    const id = await dataApi.begin(login)
    await execute('CREATE TABLE iasql_platform.scratch (n int)', id)
    await dataApi.commit(login, id)

    expect(await values(exists)).toEqual([[true]])
    await execute('DROP TABLE iasql_platform.scratch')
    for (const again of [execute('SELECT 1', id), dataApi.commit(login, id), dataApi.rollback(login, id)])
      expect((await failing(again)).fault).toBe('transaction-not-found')
  })

  test('says why it cannot be committed', async () => {
    const aborted = await dataApi.begin(login)
    await failing(execute('SELECT 1/0', aborted))
    const deferred = await dataApi.begin(login)
    await execute('CREATE TEMP TABLE d (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)', deferred)
    await execute('INSERT INTO d VALUES (1), (1)', deferred)

    expect(databaseErrorOf(await failing(dataApi.commit(login, aborted)))?.sqlstate).toBe('25P02')
    expect(databaseErrorOf(await failing(dataApi.commit(login, deferred)))?.sqlstate).toBe('23505')
  })

  test('goes on after a result that was too large', async () => {
    const id = await dataApi.begin(login)
    const sql = "SELECT repeat('x', 60000) FROM generate_series(1, 20)"
    const error = await failing(execute(sql, id))
    const after = await execute('SELECT 1', id)
    await dataApi.rollback(login, id)

    expect(error.fault).toBe('result-too-large')
    expect(after.records).toEqual([[{ longValue: 1 }]])
  })

  test('refuses a second call while it is busy', async () => {
    const id = await dataApi.begin(login)
    const holder = await dataApi.begin(login)
    await execute('SELECT pg_advisory_xact_lock(7)::text', holder)
    const first = execute('SELECT pg_advisory_xact_lock(7)::text', id)
    const waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    await until(async () => (await values(waiting))[0]?.[0] === 1)
    const [second, commit] = await Promise.all([
      failing(execute('SELECT 1', id)),
      failing(dataApi.commit(login, id)),
    ])
    await dataApi.rollback(login, holder)
    await first
    await dataApi.rollback(login, id)

    expect([second.fault, commit.fault]).toEqual(['busy-transaction', 'busy-transaction'])
  })

  test('ends when it idles too long, and when it lasts too long however busy it is', async () => {
    const idle = await dataApi.begin(login)
    const busy = await dataApi.begin(login)
    const begunAt = performance.now()
    const isOver = async (id: string): Promise<boolean> =>
      execute('SELECT 1', id).then(
        () => false,
        (error: DataApiError) => error.fault === 'transaction-not-found',
      )
    while (!(await isOver(busy))) await delay(20)
    const busyMs = performance.now() - begunAt

    expect(await isOver(idle)).toBe(true)
    expect(busyMs).toBeGreaterThan(limits.idleTransactionMs)
  })

  test('belongs to its login', async () => {
    const id = await dataApi.begin(login)
    const other = { ...login, secret: 'postgres/superuser' }
    const error = await failing(dataApi.execute({ login: other, sql: 'SELECT 1', transactionId: id }))
    await dataApi.rollback(login, id)

    expect(error.fault).toBe('transaction-not-found')
  })
})
