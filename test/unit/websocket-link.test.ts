import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { backoffMs } from '#websocket/backoff.ts'
import { SocketLink } from '#websocket/link.ts'

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('fetch', () => Promise.reject(new Error('nobody there')))
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

/** Sockets that do only what a test makes them do. */
class FakeSocket {
  onopen: (() => void) | null = null
  onmessage: ((event: { data: unknown }) => void) | null = null
  onclose: (() => void) | null = null
  readonly sent: string[] = []
  isClosed = false
  readonly url: string
  constructor(url: string) {
    this.url = url
  }
  send(text: string): void {
    this.sent.push(text)
  }
  close(): void {
    this.isClosed = true
  }
}

async function openLink(options: { ticket?: () => Promise<string>; connectMs?: number } = {}) {
  const sockets: FakeSocket[] = []
  const failures: string[] = []
  let opened = 0
  let told = 0
  const link = new SocketLink(
    {
      url: 'ws://127.0.0.1:1/',
      connectMs: 0,
      reconnectMs: 30_000,
      pingMs: 290_000,
      openSocket: (url) => {
        const socket = new FakeSocket(url)
        sockets.push(socket)
        return socket as unknown as WebSocket
      },
      ...options,
    },
    {
      opened: () => {
        opened += 1
      },
      received: () => {},
      waking: () => {
        told += 1
      },
      failed: ({ code }) => failures.push(code),
    },
  )
  await vi.advanceTimersByTimeAsync(0)
  return { link, sockets, failures, opened: () => opened, told: () => told }
}

test('pings after silence and opens another socket when no answer comes', async () => {
  const { sockets } = await openLink()
  sockets[0]?.onopen?.()

  await vi.advanceTimersByTimeAsync(290_000)
  const asked = [...(sockets[0]?.sent ?? [])]
  await vi.advanceTimersByTimeAsync(14_000)

  expect(asked).toEqual(['{"action":"ping"}'])
  expect(sockets[0]?.isClosed).toBe(true)
  expect(sockets.length).toBe(2)
})

test('keeps a socket that answers, whatever the answer', async () => {
  const { sockets } = await openLink()
  sockets[0]?.onopen?.()

  for (let round = 0; round < 5; round += 1) {
    await vi.advanceTimersByTimeAsync(291_000)
    sockets[0]?.onmessage?.({ data: '{"type":"pong"}' })
  }

  expect(sockets.length).toBe(1)
})

test('tries to come back for as long as it was told, then fails once', async () => {
  const { sockets, failures } = await openLink()
  sockets[0]?.onopen?.()
  sockets[0]?.onclose?.()

  for (let second = 0; second < 29; second += 1) {
    await vi.advanceTimersByTimeAsync(1_000)
    sockets.at(-1)?.onclose?.()
  }
  const before = [...failures]
  await vi.advanceTimersByTimeAsync(5_000)
  sockets.at(-1)?.onclose?.()
  await vi.advanceTimersByTimeAsync(60_000)

  expect(before).toEqual([])
  expect(failures).toEqual(['client/unreachable'])
  expect(sockets.length).toBeGreaterThan(8)
})

test('has the whole time again after each loss', async () => {
  const { sockets, failures, opened } = await openLink()

  for (let loss = 0; loss < 10; loss += 1) {
    sockets.at(-1)?.onopen?.()
    sockets.at(-1)?.onclose?.()
    await vi.advanceTimersByTimeAsync(10_000)
  }

  expect(failures).toEqual([])
  expect(opened()).toBe(10)
})

test('gives up a handshake that never ends', async () => {
  const { sockets, failures } = await openLink()

  await vi.advanceTimersByTimeAsync(30_000)

  expect(sockets[0]?.isClosed).toBe(true)
  expect(failures).toEqual(['client/unreachable'])
})

test('fetches a ticket for each socket', async () => {
  let tickets = 0
  const ticket = async () => `t${++tickets}`
  const { sockets } = await openLink({ ticket })
  sockets[0]?.onopen?.()
  sockets[0]?.onclose?.()

  await vi.advanceTimersByTimeAsync(3_000)

  expect(sockets.map(({ url }) => new URL(url).searchParams.get('ticket'))).toEqual(['t1', 't2'])
})

test('sends nothing before a socket is open, and nothing after close', async () => {
  const { link, sockets } = await openLink()
  link.send('early')
  sockets[0]?.onopen?.()
  link.send('now')

  link.close()
  link.send('late')
  await vi.advanceTimersByTimeAsync(600_000)

  expect(sockets[0]?.sent).toEqual(['now'])
  expect(sockets.length).toBe(1)
})

test.each([0, 1, 5, 50])(
  'waits between tries at random, never longer than some seconds (try %i)',
  (attempt) => {
    const shortest = backoffMs(attempt, () => 0)
    const longest = backoffMs(attempt, () => 0.999)

    expect(shortest).toBe(50)
    expect(longest).toBeLessThanOrEqual(3_050)
    expect(longest).toBeGreaterThan(shortest)
  },
)

/** What `/health` answers from now on. */
const answerHealth = (status: number): void => {
  vi.stubGlobal('fetch', async () => new Response('{}', { status }))
}

test('says that the database wakes while a socket takes its time, and tries again when it was too late', async () => {
  answerHealth(202)
  const { sockets, failures, told, opened } = await openLink()

  await vi.advanceTimersByTimeAsync(2_000)
  const early = told()
  answerHealth(200)
  sockets[0]?.onclose?.()
  await vi.advanceTimersByTimeAsync(3_000)
  sockets[1]?.onopen?.()

  expect([early, told(), opened()]).toEqual([1, 1, 1])
  expect(failures).toEqual([])
})

test('waits for a database that wakes, for two minutes, and tells so once', async () => {
  answerHealth(202)
  const { sockets, failures, told } = await openLink()

  for (let second = 0; second < 110; second += 1) {
    sockets.at(-1)?.onclose?.()
    await vi.advanceTimersByTimeAsync(1_000)
  }
  const before = [...failures]
  for (let second = 0; second < 30; second += 1) {
    sockets.at(-1)?.onclose?.()
    await vi.advanceTimersByTimeAsync(1_000)
  }

  expect([before, told()]).toEqual([[], 1])
  expect(failures).toEqual(['client/refused'])
})

test('fails at once where a server is awake and opens no socket', async () => {
  answerHealth(200)
  const { sockets, failures } = await openLink()

  sockets[0]?.onclose?.()
  await vi.advanceTimersByTimeAsync(10)

  expect(failures).toEqual(['client/refused'])
})

test.each([
  ['long', 12_000, 1, []],
  ['for a moment', 100, 0, ['client/refused']],
])(
  'where nobody can be asked, a socket that was held %s and then refused',
  async (_, heldMs, told, failed) => {
    answerHealth(403)
    const lab = await openLink()

    await vi.advanceTimersByTimeAsync(heldMs)
    lab.sockets[0]?.onclose?.()
    await vi.advanceTimersByTimeAsync(3_100)

    expect([lab.told(), lab.failures]).toEqual([told, failed])
    expect(lab.sockets).toHaveLength(1 + told)
  },
)
