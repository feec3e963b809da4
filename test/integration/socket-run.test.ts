import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { textHash } from '#operations/people/bearer-text.ts'
import { createTenant } from '#operations/tenant/create-tenant.ts'
import { connect, type IasqlClient } from '#websocket/client.ts'
import type { JoinedMessage } from '#websocket/join-rows.ts'
import { BareClient } from '../support/bare-client.ts'
import { type LiveHost, startLiveHost } from '../support/live-host.ts'

let host: LiveHost
let client: IasqlClient
const token = 'of-this-test'

beforeAll(async () => {
  host = await startLiveHost()
  await host.database.platform.run(
    `INSERT INTO iasql_platform.token (token_hash, tenant_id, name, role)
     SELECT '${textHash(token)}', tenant_id, 'test', 'owner' FROM iasql_platform.tenant`,
  )
  client = await connect({ url: host.serving.url, token })
})
afterAll(async () => {
  client.close()
  await host.stop()
})

async function all(stream: AsyncIterable<JoinedMessage>): Promise<JoinedMessage[]> {
  const messages: JoinedMessage[] = []
  for await (const message of stream) messages.push(message)
  return messages
}
const rowsOf = (messages: readonly JoinedMessage[]) =>
  messages.flatMap((message) => (message.type === 'rows' ? message.rows : []))
const openConnections = () =>
  host.database.platform.query<{ id: string }>('SELECT connection_id AS id FROM iasql_platform.connection')

test('streams 200,000 rows, each once, while the socket is lost again and again', async () => {
  const sql = "SELECT n, repeat('x', 20) FROM generate_series(1, 200000) n"
  let expected = 1
  let rows = 0
  let drops = 0

  for await (const message of client.run(sql)) {
    expect(message.seq).toBe(expected)
    expected += 1
    if (message.type !== 'rows') continue
    for (const [n] of message.rows) expect(n).toBe(String(++rows))
    if (drops >= 5 || rows < drops * 30_000) continue
    drops += 1
    for (const { id } of await openConnections()) await host.serving.ports.connections.disconnect?.(id)
  }

  expect([rows, drops]).toEqual([200_000, 5])
})

test('runs a text longer than a message, and joins a row longer than one', async () => {
  const literal = '€'.repeat(400_000)

  const messages = await all(client.run(`SELECT '${literal}' AS long`))

  expect(rowsOf(messages)).toEqual([[literal]])
  expect(messages.at(-1)).toMatchObject({ type: 'done', state: 'succeeded' })
})

test('pages through a result that was cut', async () => {
  const messages = await all(client.run('SELECT * FROM generate_series(1, 25) n', { maxRows: 10 }))
  const complete = messages.find((message) => message.type === 'complete')
  const rows = [...rowsOf(messages)]
  let cursor = complete?.cursor

  while (cursor !== undefined) {
    const page = await client.more(messages[0]?.runId ?? '', 0, cursor)
    rows.push(...page.rows)
    cursor = page.next
  }

  expect(complete?.truncated).toBe(true)
  expect(rows.map(([n]) => Number(n))).toEqual(Array.from({ length: 25 }, (_, index) => index + 1))
})

test('runs once what is sent twice, also over two connections', async () => {
  await all(client.run('CREATE TABLE counted (n int)'))
  const runId = randomUUID()
  const other = await connect({ url: host.serving.url, token })

  const both = await Promise.all(
    [client, other].map((one) => all(one.run('INSERT INTO counted VALUES (1)', { runId }))),
  )

  const counted = await all(client.run('SELECT count(*) FROM counted'))
  other.close()
  expect(rowsOf(counted)).toEqual([['1']])
  expect(both[0]).toEqual(both[1])
})

test('cancels', async () => {
  const stream = client.run('SELECT pg_sleep(30); SELECT 1')
  const messages: JoinedMessage[] = []

  for await (const message of stream) {
    messages.push(message)
    if (message.type === 'accepted') stream.cancel()
  }

  expect(messages.at(-1)).toMatchObject({ type: 'done', state: 'cancelled' })
})

test('refuses parts that make more than 4 MiB, and keeps the socket', async () => {
  const bare = await BareClient.open(host.serving.url, token)
  const runId = randomUUID()
  const count = 180
  const text = 'x'.repeat(25_000)

  for (let index = 0; index < count; index += 1) bare.send({ action: 'part', runId, index, count, text })

  const refused = await bare.until(({ error }) => error !== undefined)
  bare.send({ action: 'ping' })
  await bare.until(({ type }) => type === 'pong')
  expect(refused).toMatchObject({ runId, error: { code: 'protocol/too-large', sqlstate: '54000' } })
  bare.close()
})

test('closes on a message above the limit, after which the client resumes', async () => {
  const bare = await BareClient.open(host.serving.url, token)
  const runId = randomUUID()
  const sql = 'SELECT * FROM generate_series(1, 3)'
  bare.send({ action: 'run', runId, sql })
  const first = await bare.until(({ seq }) => seq === 1)

  bare.send({ action: 'run', runId: randomUUID(), sql: 'x'.repeat(33_000) })

  const code = await bare.closed()
  const rest = await all(client.resume(runId, 1))
  expect([code, first.type]).toEqual([1009, 'accepted'])
  expect(rest.map(({ seq }) => seq)).toEqual(rest.map((_, index) => index + 2))
  expect(rest.at(-1)).toMatchObject({ type: 'done', state: 'succeeded' })
})

test('knows no run of another tenant: it can be neither followed, nor paged, nor cancelled', async () => {
  const { ports } = host.serving
  const stranger = await createTenant(ports, { alias: 'stranger', secrets: host.database.secrets })
  await host.database.platform.run(
    `INSERT INTO iasql_platform.token (token_hash, tenant_id, name, role)
     VALUES ('${textHash('strange')}', '${stranger.id}', 'test', 'owner')`,
  )
  const other = await connect({ url: host.serving.url, token: 'strange' })
  const stream = client.run('SELECT * FROM generate_series(1, 25) n; SELECT pg_sleep(1)', { maxRows: 10 })
  const reading = all(stream)
  const unknown = { code: 'client/rejected', answer: { code: 'protocol/unknown-run' } }

  const followed = await all(other.resume(stream.runId)).catch((error: unknown) => error)
  const paged = await other.more(stream.runId, 0, '1').catch((error: unknown) => error)
  other.cancel(stream.runId)

  expect([followed, paged]).toMatchObject([unknown, unknown])
  expect((await reading).at(-1)).toMatchObject({ type: 'done', state: 'succeeded' })
  other.close()
})

test('says that a run of nobody is unknown', async () => {
  const reading = all(client.resume(randomUUID()))

  await expect(reading).rejects.toMatchObject({
    code: 'client/rejected',
    answer: { code: 'protocol/unknown-run' },
  })
})
