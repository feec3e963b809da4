/** What the adapter on one machine does when connections and the server go away, and that it comes back by itself. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DataApiError, type Login } from '#postgres/data-api.ts'
import { databaseErrorOf } from '#postgres/database-error.ts'
import { inProcessDataApi } from '#postgres/in-process-data-api.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { until } from '../support/host.ts'

let database: TestDatabase
const login: Login = { secret: 'iasql/platform', database: 'local' }

beforeAll(async () => {
  database = await openTestDatabase({ callMs: 1_500 })
})

afterAll(async () => {
  await database?.close()
})

const execute = (sql: string, transactionId?: string) =>
  database.dataApi.execute({ login, sql, ...(transactionId === undefined ? {} : { transactionId }) })

const faultOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'none',
    (error: unknown) => (error instanceof DataApiError ? error.fault : 'another error'),
  )

const first = async (sql: string): Promise<unknown> =>
  Object.values((await execute(sql)).records[0]?.[0] ?? {})[0]

const isRunning = async (query: string): Promise<boolean> =>
  (await first(`SELECT count(*) ${others} AND state = 'active' AND query = '${query}'`)) === 1

const others = 'FROM pg_stat_activity WHERE usename = current_user AND pid <> pg_backend_pid()'

/** Of one call each as many as there are connections, so that the pool has noticed which are lost. */
const allWork = async (): Promise<boolean> => {
  const faults = await Promise.all(Array.from({ length: 16 }, () => faultOf(execute('SELECT 1'))))
  return faults.every((fault) => fault === 'none')
}

test('survives the loss of idle and of busy connections', async () => {
  await Promise.all([1, 2, 3].map(() => execute('SELECT pg_sleep(0.05)')))
  const busy = faultOf(execute('SELECT pg_sleep(5)'))
  await until(() => isRunning('SELECT pg_sleep(5)'))
  await execute(`SELECT count(pg_terminate_backend(pid)) ${others}`)

  expect(await busy).toBe('unavailable')
  await until(allWork)
  for (let call = 0; call < 5; call++) expect(await first('SELECT 1')).toBe(1)
})

test('forgets a transaction whose connection is lost', async () => {
  const id = await database.dataApi.begin(login)
  await execute(`SELECT count(pg_terminate_backend(pid)) ${others}`)

  await until(allWork)
  await until(async () => (await faultOf(execute('SELECT 1', id))) !== 'unavailable')
  expect(await faultOf(execute('SELECT 1', id))).toBe('transaction-not-found')
})

test('ends a late statement in the server, and leaves its connections usable', async () => {
  const calls = Array.from({ length: 16 }, () => faultOf(execute('SELECT pg_sleep(20)')))

  expect(new Set(await Promise.all(calls))).toEqual(new Set(['statement-timeout']))
  expect(await first(`SELECT count(*) ${others} AND state = 'active'`)).toBe(0)
  expect(await Promise.all(Array.from({ length: 16 }, () => first('SELECT 2')))).toEqual(Array(16).fill(2))
})

test('leaves a transaction aborted when its statement was late', async () => {
  const id = await database.dataApi.begin(login)
  const late = await faultOf(execute('SELECT pg_sleep(20)', id))
  const after = await execute('SELECT 1', id).catch((error: unknown) => databaseErrorOf(error))
  await database.dataApi.rollback(login, id)

  expect(late).toBe('statement-timeout')
  expect(after).toMatchObject({ sqlstate: '25P02' })
})

test('tells a cancelled statement from a late one', async () => {
  const running = execute('SELECT pg_sleep(5)').catch((error: unknown) => databaseErrorOf(error))
  await until(() => isRunning('SELECT pg_sleep(5)'))
  await execute(`SELECT count(pg_cancel_backend(pid)) ${others} AND query LIKE '%pg_sleep%'`)

  expect(await running).toMatchObject({ sqlstate: '57014' })
})

test('reads a secret again after its password was changed', async () => {
  const { cluster, platform, secrets } = database
  const rotated: Login = { secret: 'test/rotated', database: 'local' }
  await platform.run("CREATE ROLE rotated LOGIN PASSWORD 'one' CONNECTION LIMIT 2")
  await platform.run('GRANT CONNECT ON DATABASE local TO rotated')
  const dataApi = inProcessDataApi({ host: cluster.host, port: cluster.port, secrets })
  await secrets.put(rotated.secret, { user: 'rotated', password: 'wrong' })
  const refused = await faultOf(dataApi.execute({ login: rotated, sql: 'SELECT 1' }))
  await secrets.put(rotated.secret, { user: 'rotated', password: 'one' })
  const taken = await faultOf(dataApi.execute({ login: rotated, sql: 'SELECT 1' }))
  await dataApi.close()

  expect([refused, taken]).toEqual(['forbidden', 'none'])
  expect(await faultOf(dataApi.execute({ login: rotated, sql: 'SELECT 1' }))).toBe('unavailable')
})

test('reads a large result in flat memory', async () => {
  const id = await database.dataApi.begin(login)
  await execute("DECLARE c CURSOR FOR SELECT repeat('x', 100) || n FROM generate_series(1, 200000) n", id)
  const before = process.memoryUsage().rss
  let rows = 0
  for (let batch = -1; batch !== 0; rows += batch) {
    batch = (await execute('FETCH 2000 FROM c', id)).records.length
  }
  await database.dataApi.rollback(login, id)

  expect(rows).toBe(200_000)
  expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 * 1024)
})

test('says that the database does not answer when it has stopped', async () => {
  await execute('SELECT 1')
  await database.cluster.stop()

  expect(await faultOf(execute('SELECT 1'))).toBe('unavailable')
  expect(await faultOf(database.dataApi.begin(login))).toBe('unavailable')
})
