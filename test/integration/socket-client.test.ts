import { afterEach, describe, expect, test, vi } from 'vitest'
import { type ConnectOptions, connect, type IasqlClient } from '#websocket/client.ts'
import type { JoinedMessage } from '#websocket/join-rows.ts'
import type { RunEvent } from '#websocket/messages.ts'
import { startTestGateway, type TestGateway } from '../support/gateway.ts'
import { rowsEvent, type ScriptedRun, scriptedRun } from '../support/scripted-run.ts'

let gateway: TestGateway
let client: IasqlClient | undefined
afterEach(async () => {
  client?.close()
  client = undefined
  await gateway.close()
})

const done: RunEvent = { type: 'done', state: 'succeeded' }
const manyRows = (count: number, bytes?: number): RunEvent[] => [
  ...Array.from({ length: count }, (_, index) => rowsEvent(index, bytes)),
  done,
]

async function start(
  events: readonly RunEvent[],
  options: Partial<ConnectOptions> = {},
): Promise<ScriptedRun> {
  const script = scriptedRun(events)
  gateway = await startTestGateway({ message: script.message })
  script.gateway = gateway
  client = await connect({ url: gateway.url, token: 'good', ...options })
  return script
}
const opened = (): IasqlClient => client ?? expect.fail('no client')

async function all(stream: AsyncIterable<JoinedMessage>): Promise<JoinedMessage[]> {
  const messages: JoinedMessage[] = []
  for await (const message of stream) messages.push(message)
  return messages
}
const seqs = (messages: readonly JoinedMessage[]): number[] => messages.map(({ seq }) => seq)
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

test('runs a text and ends with done', async () => {
  const script = await start(manyRows(3))

  const messages = await all(opened().run('SELECT 1', { maxRows: 7 }))

  expect(seqs(messages)).toEqual([1, 2, 3, 4])
  expect(messages.at(-1)).toMatchObject({ type: 'done', state: 'succeeded' })
  expect(script.asked).toEqual([
    { action: 'run', runId: expect.any(String), sql: 'SELECT 1', options: { maxRows: 7 } },
  ])
})

test('sends a long text in parts and joins a row that came in pieces', async () => {
  const row = JSON.stringify(['y'.repeat(1_000), null])
  const pieces = [row.slice(0, 500), row.slice(500)]
  const events = pieces.map((text, part): RunEvent => ({ type: 'rows', statement: 0, part, parts: 2, text }))
  const script = await start([...events, done])
  const sql = `SELECT '${'€'.repeat(30_000)}'`

  const stream = opened().run(sql)
  await expect.poll(() => script.asked.length).toBe(3)
  const messages = await all(opened().resume(stream.runId))

  const texts = script.asked.flatMap((message) => (message.action === 'part' ? [message] : []))
  expect(
    texts
      .sort((a, b) => a.index - b.index)
      .map(({ text }) => text)
      .join(''),
  ).toBe(sql)
  expect(messages[0]).toMatchObject({ type: 'rows', seq: 2, rows: [JSON.parse(row)] })
})

describe('loses and repeats nothing', () => {
  test('when the socket drops again and again in the middle of a run', async () => {
    const script = await start(manyRows(200))
    let drops = 0
    script.onPost = async ({ seq }, connectionId) => {
      if (seq % 40 === 0 && drops < 6) {
        drops += 1
        await gateway.connections.disconnect(connectionId)
      }
      return true
    }

    const messages = await all(opened().run('SELECT 1'))

    expect(drops).toBe(6)
    expect(seqs(messages)).toEqual(upTo(201))
  })

  test('when a message is lost on the way', async () => {
    const script = await start(manyRows(50))
    const lost = new Set([1, 20, 21])
    script.onPost = ({ seq }) => !lost.delete(seq)

    const messages = await all(opened().run('SELECT 1'))

    expect(seqs(messages)).toEqual(upTo(51))
  })

  test('when the gateway says that a function failed', async () => {
    let failures = 2
    const script = scriptedRun(manyRows(5))
    gateway = await startTestGateway({
      message: async (event, context) => {
        failures -= 1
        if (failures >= 0) throw new Error('throttled')
        return script.message(event, context)
      },
    })
    script.gateway = gateway
    client = await connect({ url: gateway.url, token: 'good' })

    const messages = await all(client.run('SELECT 1'))

    expect(seqs(messages)).toEqual(upTo(6))
  })

  test('when the reader is slow: what it does not take is let go, and asked for again', async () => {
    const script = await start(manyRows(400, 100_000))
    const stream = opened().run('SELECT 1')
    let sent = 0
    script.onPost = () => {
      sent += 1
      return true
    }
    await expect.poll(() => sent, { timeout: 20_000 }).toBe(401)

    const messages = await all(stream)

    expect(seqs(messages)).toEqual(upTo(401))
    expect(script.asked.some(({ action }) => action === 'resume')).toBe(true)
  })

  test('when the server restarts on its port, and a cancel made meanwhile arrives', async () => {
    const script = await start(manyRows(30))
    const { port } = gateway
    script.onPost = async ({ seq }) => {
      if (seq === 10) await new Promise(() => {})
      return true
    }
    const stream = opened().run('SELECT 1')
    const reading = all(stream)
    await expect.poll(() => gateway.events.length).toBe(2)
    await gateway.close()
    stream.cancel()
    script.onPost = () => true

    gateway = await startTestGateway({ message: script.message }, {}, port)
    script.gateway = gateway
    const messages = await reading

    expect(seqs(messages)).toEqual(upTo(31))
    expect(script.asked.at(-1)).toEqual({ action: 'cancel', runId: stream.runId })
  })
})

describe('fails with a typed error', () => {
  test('when nobody answers', async () => {
    gateway = await startTestGateway()
    const { url } = gateway
    await gateway.close()

    const connecting = connect({ url, token: 'good' })

    await expect(connecting).rejects.toMatchObject({ code: 'client/unreachable' })
  })

  test.each([
    ['a wrong token', 'wrong'],
    ['no token', undefined],
  ])('when the server refuses %s', async (_, token) => {
    gateway = await startTestGateway()

    const connecting = connect({ url: gateway.url, ...(token ? { token } : {}) })

    await expect(connecting).rejects.toMatchObject({ code: 'client/refused' })
  })

  test('when a lost server does not come back in time', async () => {
    const script = await start(manyRows(30), { reconnectMs: 300 })
    script.onPost = () => new Promise(() => {})
    const reading = all(opened().run('SELECT 1'))
    await expect.poll(() => gateway.events.length).toBe(2)
    const before = Date.now()
    const failing = expect(reading).rejects.toMatchObject({ code: 'client/unreachable' })

    await gateway.close()

    await failing
    expect(Date.now() - before).toBeGreaterThan(250)
    await expect(all(opened().run('SELECT 2'))).rejects.toMatchObject({ code: 'client/unreachable' })
  })

  test('when the server refuses the run', async () => {
    const error = { code: 'protocol/bad-field', sqlstate: '08P01', message: 'no good' }
    gateway = await startTestGateway({
      message: async ({ body = '', requestContext }) => {
        const { runId, action } = JSON.parse(body)
        const answer = JSON.stringify({ type: 'error', runId, action, error })
        await gateway.connections.post(requestContext.connectionId, answer)
        return { statusCode: 200 }
      },
    })
    client = await connect({ url: gateway.url, token: 'good' })

    const reading = all(client.run('SELECT 1'))
    const page = client.more('0b6e8f5c-7a51-4c9e-9a53-3c8d0a4b1f2e', 0, 'c')

    await expect(reading).rejects.toMatchObject({ code: 'client/rejected', answer: error })
    await expect(page).rejects.toMatchObject({ code: 'client/rejected', answer: error })
  })

  test('when the text is larger than a run takes, before anything is sent', async () => {
    const script = await start([done])

    const run = () => opened().run('x'.repeat(4 * 1024 * 1024 + 1))

    expect(run).toThrow('4 MiB')
    expect(script.asked).toEqual([])
  })

  test('when it is closed with a run open', async () => {
    const script = await start(manyRows(3))
    script.onPost = () => new Promise(() => {})
    const reading = all(opened().run('SELECT 1'))

    opened().close()

    await expect(reading).rejects.toMatchObject({ code: 'client/closed' })
  })
})

test('pings a silent connection and keeps it', async () => {
  const script = await start([done], { pingMs: 300 })

  await expect
    .poll(() => script.asked.filter(({ action }) => action === 'ping').length, { timeout: 20_000 })
    .toBeGreaterThan(2)

  expect(gateway.events.filter(({ requestContext }) => requestContext.eventType === 'CONNECT').length).toBe(1)
})

test('reads the pages of a result, one that came in pieces included', async () => {
  const runId = '0b6e8f5c-7a51-4c9e-9a53-3c8d0a4b1f2e'
  const large = JSON.stringify(['z'.repeat(100)])
  const page = { type: 'page', runId, statement: 0 }
  const answers: Record<string, object[]> = {
    one: [{ ...page, cursor: 'one', rows: [['1']], next: 'two' }],
    two: [
      { ...page, cursor: 'two', part: 1, parts: 2, text: large.slice(50) },
      { ...page, cursor: 'two', part: 0, parts: 2, text: large.slice(0, 50) },
    ],
  }
  gateway = await startTestGateway({
    message: async ({ body = '', requestContext }) => {
      for (const answer of answers[JSON.parse(body).cursor] ?? [])
        await gateway.connections.post(requestContext.connectionId, JSON.stringify(answer))
      return { statusCode: 200 }
    },
  })
  client = await connect({ url: gateway.url, token: 'good' })

  const first = await client.more(runId, 0, 'one')
  const second = await client.more(runId, 0, first.next ?? '')

  expect(first).toEqual({ rows: [['1']], next: 'two' })
  expect(second).toEqual({ rows: [JSON.parse(large)] })
})

test('follows a topic from where it was, over a lost socket', async () => {
  const subscribe = vi.fn()
  gateway = await startTestGateway({
    message: async ({ body = '', requestContext: { connectionId } }) => {
      const { action, afterSeq } = JSON.parse(body)
      if (action !== 'subscribe') return { statusCode: 200 }
      subscribe(afterSeq)
      const event = { type: 'topic', topic: 'schema', at: '2026-01-01', kind: 'installed', body: null }
      for (const seq of [afterSeq + 1, afterSeq + 2])
        await gateway.connections.post(connectionId, JSON.stringify({ ...event, seq }))
      if (afterSeq < 9) await gateway.connections.disconnect(connectionId)
      return { statusCode: 200 }
    },
  })
  client = await connect({ url: gateway.url, token: 'good' })
  const seen: number[] = []

  for await (const { seq } of client.subscribe('schema', 7)) if (seen.push(seq) === 4) break

  expect(seen).toEqual([8, 9, 10, 11])
  expect(subscribe.mock.calls).toEqual([[7], [9]])
})
