/** Connections of many logins to one server: bounded in all, waited for, and none shut out by those who have many. */
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Login } from '#postgres/data-api.ts'
import { inProcessDataApi } from '#postgres/in-process-data-api.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { until } from '../support/host.ts'

const rooms = { tenants: { most: 6, kept: 2 }, platform: { most: 4, kept: 0 } }
const names = Array.from({ length: 12 }, (_, index) => `room${index}`)
const loginOf = (name: string): Login => ({ secret: `test/${name}`, database: 'local' })
let database: TestDatabase
let dataApi: ReturnType<typeof inProcessDataApi>

beforeAll(async () => {
  database = await openTestDatabase()
  const { platform, secrets, cluster } = database
  for (const name of names) {
    await platform.run(`CREATE ROLE ${name} LOGIN PASSWORD 'one'`)
    await platform.run(`GRANT CONNECT ON DATABASE local TO ${name}`)
    await secrets.put(loginOf(name).secret, { user: name, password: 'one' })
  }
  dataApi = inProcessDataApi({ host: cluster.host, port: cluster.port, secrets, rooms })
})
afterAll(async () => {
  await dataApi?.close()
  await database?.close()
})

const open = async (): Promise<number> => {
  const sql = "SELECT count(*)::int AS count FROM pg_catalog.pg_stat_activity WHERE usename LIKE 'room%'"
  const [found] = await database.platform.query<{ count: number }>(sql)
  return found?.count ?? 0
}

test('more logins than there is room for all get their turn, and no more connections are open than there may be', async () => {
  let most = 0
  const watching = new AbortController()
  const watch = (async () => {
    while (!watching.signal.aborted) most = Math.max(most, await open())
  })()
  const statements = names.flatMap((name) =>
    Array.from({ length: 8 }, () =>
      dataApi.execute({ login: loginOf(name), sql: 'SELECT pg_sleep(0.05)::text' }),
    ),
  )

  const results = await Promise.allSettled(statements)
  watching.abort()
  await watch

  expect(results.filter(({ status }) => status === 'rejected')).toEqual([])
  expect(most).toBeGreaterThan(1)
  // One that is closed is gone from the server a moment later.
  expect(most).toBeLessThanOrEqual(rooms.tenants.most + 2)
})

test('a login that holds all it can get leaves room for another, and for the platform', async () => {
  const [greedy = '', other = ''] = names
  const held = new Set<string>()
  const taking = Array.from({ length: 8 }, async () => {
    const id = await dataApi.begin(loginOf(greedy))
    held.add(id)
    return id
  })
  await until(() => held.size >= rooms.tenants.most - rooms.tenants.kept)

  const asOther = await dataApi.execute({ login: loginOf(other), sql: 'SELECT 1' })
  const asPlatform = await dataApi.execute({
    login: { secret: 'iasql/platform', database: 'local' },
    sql: 'SELECT 1',
  })
  const before = held.size
  for (const id of [...held]) await dataApi.rollback(loginOf(greedy), id)
  const late = (await Promise.all(taking)).slice(before)
  for (const id of late) await dataApi.rollback(loginOf(greedy), id)

  expect([asOther, asPlatform].map(({ records }) => records)).toEqual([
    [[{ longValue: 1 }]],
    [[{ longValue: 1 }]],
  ])
  expect([before, late.length]).toEqual([4, 4])
})

test("what tenants' own programs have open never keeps the platform out", async () => {
  const { host, port, platform } = database.cluster
  const clients = Array.from({ length: 130 }, (_, index) => {
    const user = names[index % names.length] ?? ''
    return new Client({ host, port, user, password: 'one', database: 'local' })
  })
  for (const client of clients) client.on('error', () => undefined)
  const connected = await Promise.allSettled(clients.map((client) => client.connect()))

  const refused = connected.filter(({ status }) => status === 'rejected')
  const own = new Client({ host, port, ...platform, database: 'local' })
  await own.connect()
  const { rows } = await own.query('SELECT 1 AS one')
  await own.end()
  await Promise.allSettled(clients.map((client) => client.end()))

  expect(refused.length).toBeGreaterThan(0)
  expect(rows).toEqual([{ one: 1 }])
})

test('a connection that never rests is replaced now and then, before it has looked at every tenant', async () => {
  const pids = new Set<number>()
  for (let use = 0; use < 1_001; use++) {
    const [row] = await database.platform.query<{ pid: number }>('SELECT pg_catalog.pg_backend_pid() AS pid')
    if (row) pids.add(row.pid)
  }

  expect(pids.size).toBeGreaterThan(1)
})
