import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { handler as authorize } from '#functions/authorize.ts'
import { handler as connect } from '#functions/on-connect.ts'
import { handler as disconnect } from '#functions/on-disconnect.ts'
import { handler as message } from '#functions/on-message.ts'
import { useHost } from '#operations/host.ts'
import { textHash } from '#operations/people/bearer-text.ts'
import type { Ports } from '#operations/ports.ts'
import { provisionTenant } from '#postgres/provision-tenant.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { BareClient } from '../support/bare-client.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { startTestGateway, type TestGateway } from '../support/gateway.ts'

let database: TestDatabase
let tenant: Tenant
let gateway: TestGateway

beforeAll(async () => {
  database = await openTestDatabase()
  const { platform, secrets, databaseName } = database
  tenant = await provisionTenant(platform, secrets, { alias: 'local', database: databaseName })
})
afterAll(() => database.close())

beforeEach(async () => {
  gateway = await startTestGateway({ authorize, connect, disconnect, message })
  const { dataApi, platform } = database
  const { connections } = gateway
  // What a message that starts nothing needs of the world.
  useHost({ dataApi, platform, connections, log: () => {} } as unknown as Ports)
  await run('DELETE FROM iasql_platform.token')
  await addToken('secret')
})
afterEach(() => gateway.close())

const run = (sql: string) => database.platform.run(sql)
const addToken = (token: string, { name = 'ci', role = 'operator', expires = 'NULL' } = {}) =>
  run(`INSERT INTO iasql_platform.token (token_hash, tenant_id, name, role, expires_at)
       VALUES ('${textHash(token)}', '${tenant.id}', '${name}', '${role}', ${expires})`)
const connections = () =>
  database.platform.query<{ subject: string; role: string; tenant_id: string }>(
    'SELECT subject, role, tenant_id FROM iasql_platform.connection',
  )
const open = (token: string | undefined = 'secret') => BareClient.open(gateway.url, token)
const isError = (code: string) => (received: { type: string; error?: unknown }) =>
  received.type === 'error' && (received.error as { code: string }).code === code

test('lets a good token in as the one it stands for, agrees on the subprotocol, and forgets who leaves', async () => {
  const client = await open()
  const during = await connections()

  client.close()

  expect(client.socket.protocol).toBe('iasql.v1')
  expect(during).toEqual([{ subject: 'ci', role: 'operator', tenant_id: tenant.id }])
  await expect.poll(connections).toEqual([])
})

test.each([
  ['a wrong token', () => open('wrong'), 403],
  ['no token', () => BareClient.open(gateway.url, undefined), 401],
  [
    'an expired token',
    async () => {
      await addToken('old', { name: 'old', expires: "now() - interval '1 second'" })
      return open('old')
    },
    403,
  ],
  [
    'a token of a suspended tenant',
    async () => {
      await run("UPDATE iasql_platform.tenant SET state = 'suspended'")
      return open().finally(() => run("UPDATE iasql_platform.tenant SET state = 'active'"))
    },
    403,
  ],
])('refuses %s', async (_, opening, status) => {
  await expect(opening()).rejects.toThrow(String(status))

  expect(await connections()).toEqual([])
})

const openFrom = (origin: string) =>
  new Promise<string>((resolve, reject) => {
    const socket = new WebSocket(gateway.url, { origin, headers: { authorization: 'Bearer secret' } })
    socket.on('open', () => resolve('open'))
    socket.on('unexpected-response', (_request, response) => resolve(String(response.statusCode)))
    socket.on('error', reject)
  })

test('refuses web pages, also those of this machine, unless their origin was allowed', async () => {
  const foreign = await openFrom('https://evil.example')
  const neighbour = await openFrom(`http://127.0.0.1:${gateway.port}`)
  vi.stubEnv('IASQL_ALLOWED_ORIGINS', 'http://127.0.0.1:9876')
  const allowed = await openFrom('http://127.0.0.1:9876')
  vi.unstubAllEnvs()

  expect([foreign, neighbour, allowed]).toEqual(['403', '403', 'open'])
})

const runId = randomUUID()

test.each([
  ['{"action":', 'protocol/bad-json', {}],
  ['{"action":"drop"}', 'protocol/unknown-action', {}],
  [`{"action":"resume","runId":"${runId}"}`, 'protocol/bad-field', { action: 'resume', runId }],
  [
    `{"action":"resume","runId":"${runId}","afterSeq":0}`,
    'protocol/unknown-run',
    { action: 'resume', runId },
  ],
  ['{"action":"subscribe","topic":"drifts"}', 'protocol/bad-field', { action: 'subscribe' }],
])('answers %s with %s and keeps the socket', async (text, code, asked) => {
  const client = await open()

  client.send(text)

  const answer = await client.until(isError(code))
  client.send({ action: 'ping' })
  await client.until(({ type }) => type === 'pong')
  expect(answer).toEqual({
    type: 'error',
    error: expect.objectContaining({ code, hint: expect.any(String) }),
    ...asked,
  })
})

test('ends the session of a token that was revoked, at its next message', async () => {
  const client = await open()
  await run('DELETE FROM iasql_platform.token')

  client.send({ action: 'ping' })

  await client.until(isError('auth/refused'))
  expect(await client.closed()).toBe(1000)
})

test('does not revive a session by a new token of the same name', async () => {
  const client = await open()
  await run('DELETE FROM iasql_platform.token')
  await addToken('newer')

  client.send({ action: 'ping' })

  await client.until(isError('auth/refused'))
})

test('forgets connections whose end nobody told it of', async () => {
  await run(`INSERT INTO iasql_platform.connection (connection_id, tenant_id, subject, role, endpoint, expires_at)
             VALUES ('lost', '${tenant.id}', 'lost', 'viewer', 'x', now() - interval '1 second')`)

  await open()

  const subjects = (await connections()).map(({ subject }) => subject)
  expect(subjects).toEqual(['ci'])
})

test('says what is wrong when the database is away, by an id only, and works again when it is back', async () => {
  const client = await open()
  const { dataApi } = database
  const { connections: posting } = gateway
  const away = () => Promise.reject(new Error('connect ECONNREFUSED /secret/path'))
  const logged = vi.fn()
  useHost({ platform: { query: away, run: away }, connections: posting, log: logged } as unknown as Ports)
  client.send({ action: 'ping' })
  const answer = await client.until(isError('system/internal'))

  useHost({ dataApi, platform: database.platform, connections: posting, log: () => {} } as unknown as Ports)
  client.send({ action: 'ping' })

  await client.until(({ type }) => type === 'pong')
  expect(JSON.stringify(answer)).not.toContain('/secret/path')
  expect(logged).toHaveBeenCalledWith(
    'error',
    expect.any(String),
    expect.objectContaining({ errorId: expect.any(String) }),
  )
})
