/** A database that scaled to zero, and a Data API that limits calls: whoever needs it waits, is told why, and nothing fails. */
import { afterEach, expect, test } from 'vitest'
import { wakingWatch } from '#operations/connection/tell-waking.ts'
import { auroraDataApi } from '#postgres/aurora-data-api.ts'
import type { DataApi } from '#postgres/data-api.ts'
import { connect } from '#websocket/client.ts'
import { BareClient } from '../support/bare-client.ts'
import { type DataApiServer, startDataApiServer } from '../support/data-api-server.ts'
import { until } from '../support/host.ts'
import { type LiveHost, startLiveHost } from '../support/live-host.ts'

let host: LiveHost
let server: DataApiServer

afterEach(async () => {
  await host?.stop()
  await server?.close()
})

/** The host on the SDK's client of the Data API, which talks to `server`. */
const startOnAurora = async (resumeMs = 60_000): Promise<void> => {
  const waking = wakingWatch()
  const wrapDataApi = (dataApi: DataApi): DataApi => {
    const opening = startDataApiServer(dataApi).then((started) => {
      server = started
      return auroraDataApi({
        resourceArn: 'arn:aws:rds:us-east-1:123456789012:cluster:c',
        client: {
          endpoint: started.endpoint,
          region: 'us-east-1',
          credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
        },
        resumeMs,
        onResuming: waking.tell,
      })
    })
    return {
      execute: async (request) => (await opening).execute(request),
      begin: async (login) => (await opening).begin(login),
      commit: async (login, id) => (await opening).commit(login, id),
      rollback: async (login, id) => (await opening).rollback(login, id),
    }
  }
  host = await startLiveHost({ wrapDataApi, waking, log: () => undefined })
}

/** Wakes up when it was called so many times. */
const sleepFor = async (calls: number): Promise<void> => {
  const wake = server.sleep()
  const before = server.calls
  await until(() => server.calls - before >= calls)
  wake()
}

test('a statement waits, its client is told once that the database wakes, and it succeeds', async () => {
  await startOnAurora()
  const asleep = sleepFor(4)

  const result = await host.client.run('SELECT 1')
  await asleep

  const notices = host.client.messages.filter(({ type }) => type === 'notice')
  expect(notices).toEqual([expect.objectContaining({ message: 'waking the database' })])
  expect(result.state).toBe('succeeded')
  expect(result.statements[0]?.rows).toEqual([['1']])
})

test('a sign-in waits and succeeds', async () => {
  await startOnAurora()
  const asleep = sleepFor(3)

  const second = await BareClient.open(host.serving.url, host.token)
  await asleep
  const { statements } = await second.run('SELECT 2')
  second.close()

  expect(statements[0]?.rows).toEqual([['2']])
})

test('an apply goes on when the database that fell asleep under it is back, and while calls are limited', async () => {
  await startOnAurora()
  await host.client.run("SELECT * FROM iasql_install('aws_sqs'); INSERT INTO queue (name) VALUES ('jobs')")
  const applied = host.client.run('SELECT action FROM iasql_apply(); SELECT count(*) FROM iasql_preview()')
  await until(() => host.serving.machines.visited.size > 1)
  const limited = { status: 400, exception: 'ThrottlingException', message: 'Rate exceeded' }
  for (let call = 0; call < 5; call++) server.failNext(limited)
  await sleepFor(5)

  const { statements } = await applied

  expect(statements.map(({ rows }) => rows)).toEqual([[['create']], [['0']]])
  expect(host.calls.filter(({ operation }) => operation === 'CreateQueue')).toHaveLength(1)
})

test('one that takes longer to wake than a function may wait is asked again by the client', async () => {
  await startOnAurora(300)
  const notices: string[] = []
  const client = await connect({
    url: host.serving.url,
    token: host.token,
    onNotice: ({ message }) => notices.push(message),
  })
  const asleep = sleepFor(6)

  const rows = []
  for await (const message of client.run('SELECT 3')) if (message.type === 'rows') rows.push(...message.rows)
  await asleep
  client.close()

  expect(rows).toEqual([['3']])
  expect(notices).toContain('waking the database')
})

test('a first connection to one that takes longer to wake than the socket has opens all the same', async () => {
  await startOnAurora(300)
  const wake = server.sleep()
  const notices: string[] = []
  const connecting = connect({
    url: host.serving.url,
    token: host.token,
    onNotice: ({ message }) => notices.push(message),
  })
  await until(() => notices.length > 0)
  wake()

  const client = await connecting
  const rows = []
  for await (const message of client.run('SELECT 4')) if (message.type === 'rows') rows.push(...message.rows)
  client.close()

  expect(rows).toEqual([['4']])
  expect(notices).toEqual(['waking the database'])
})

test('health says at once that the database wakes, and when to ask again; a ticket waits, and says so after that', async () => {
  await startOnAurora(300)
  const url = host.serving.url.replace('ws:', 'http:')
  const wake = server.sleep()

  const asleep = await fetch(new URL('/health', url))
  const refused = await fetch(new URL('/ticket', url), {
    method: 'POST',
    headers: { authorization: `Bearer ${host.token}` },
  })
  wake()
  const awake = await fetch(new URL('/health', url))

  expect([asleep.status, asleep.headers.get('retry-after'), await asleep.json()]).toEqual([
    202,
    '3',
    { status: 'waking' },
  ])
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '3'])
  expect(await refused.json()).toMatchObject({
    code: 'system/database-unavailable',
    message: 'The database is still waking up.',
  })
  expect([awake.status, await awake.json()]).toEqual([200, { status: 'ok' }])
})
