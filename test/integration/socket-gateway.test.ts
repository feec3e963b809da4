import { request } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { startGateway } from '#local/gateway/gateway.ts'
import type { GatewayHandlers } from '#local/gateway/handlers.ts'
import type { GatewayLimits } from '#local/gateway/limits.ts'
import { BareClient } from '../support/bare-client.ts'
import { openHandlers, startTestGateway, type TestGateway } from '../support/gateway.ts'

let gateway: TestGateway
afterEach(() => gateway.close())

const open = async (handlers: Partial<GatewayHandlers> = {}, limits: Partial<GatewayLimits> = {}) => {
  gateway = await startTestGateway(handlers, limits)
  return BareClient.open(gateway.url, 'good')
}
const ownId = (): string => gateway.events[0]?.requestContext.connectionId ?? 'none'
const httpUrl = (path: string): string => `http://127.0.0.1:${gateway.port}${path}`

describe('the upgrade', () => {
  test.each([
    ['401 without a token', undefined, '401'],
    ['403 with a wrong one', 'wrong', '403'],
  ])('is refused with %s', async (_, token, status) => {
    gateway = await startTestGateway()

    const opening = BareClient.open(gateway.url, token)

    await expect(opening).rejects.toThrow(`Unexpected server response: ${status}`)
    expect(gateway.events).toEqual([])
  })

  test('is refused with 500 when the authorizer fails, and with the status of a $connect that refuses', async () => {
    gateway = await startTestGateway({ connect: async () => ({ statusCode: 503 }) })
    const unwilling = BareClient.open(gateway.url, 'good')
    await expect(unwilling).rejects.toThrow('Unexpected server response: 503')
    await gateway.close()
    gateway = await startTestGateway({ authorize: () => Promise.reject(new Error('broken')) })

    const failing = BareClient.open(gateway.url, 'good')

    await expect(failing).rejects.toThrow('Unexpected server response: 500')
  })

  test('hands the functions API Gateway’s events, with the authorizer’s context on each', async () => {
    const client = await open()
    client.send('not even JSON')
    await expect.poll(() => gateway.events.length).toBe(2)
    client.socket.close(4001, 'bye')
    await expect.poll(() => gateway.events.length).toBe(3)

    const [connect, message, disconnect] = gateway.events

    expect(client.socket.protocol).toBe('iasql.v1')
    expect(connect).toMatchObject({
      headers: { authorization: 'Bearer good' },
      requestContext: {
        routeKey: '$connect',
        eventType: 'CONNECT',
        messageDirection: 'IN',
        connectionId: expect.stringMatching(/^[\w-]{15}=$/),
        domainName: expect.stringContaining('127.0.0.1'),
        stage: expect.any(String),
        requestId: expect.any(String),
        requestTime: expect.stringMatching(/^\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
        requestTimeEpoch: expect.any(Number),
        connectedAt: expect.any(Number),
        authorizer: { principalId: 'someone', tenantId: 't_1' },
      },
    })
    expect(message).toMatchObject({
      body: 'not even JSON',
      isBase64Encoded: false,
      requestContext: { routeKey: '$default', eventType: 'MESSAGE', authorizer: { tenantId: 't_1' } },
    })
    expect(disconnect).toMatchObject({
      requestContext: { eventType: 'DISCONNECT', disconnectStatusCode: 4001, disconnectReason: 'bye' },
    })
  })
})

describe('what a client sends', () => {
  test('closes the socket with 1009 above 32 KiB a frame, and the function never sees it', async () => {
    const client = await open()
    client.send('x'.repeat(32 * 1024))
    await expect.poll(() => gateway.events.length).toBe(2)

    client.send('x'.repeat(32 * 1024 + 1))

    expect(await client.closed()).toBe(1009)
    await expect
      .poll(() => gateway.events.map(({ requestContext }) => requestContext.eventType))
      .toEqual(['CONNECT', 'MESSAGE', 'DISCONNECT'])
  })

  test('may come in frames up to 128 KiB a message, and closes with 1009 above', async () => {
    const client = await open()
    const sendFrames = (count: number): void => {
      for (let frame = 1; frame <= count; frame += 1)
        client.socket.send('x'.repeat(32 * 1024), { fin: frame === count })
    }
    sendFrames(4)
    await expect.poll(() => gateway.events[1]?.body?.length).toBe(128 * 1024)

    sendFrames(5)

    expect(await client.closed()).toBe(1009)
  })

  test('closes with 1003 when it is binary', async () => {
    const client = await open()

    client.socket.send(Buffer.from('x'), { binary: true })

    expect(await client.closed()).toBe(1003)
  })

  test.each([
    ['throws', () => Promise.reject(new Error('boom'))],
    ['takes longer than an integration may', () => new Promise<never>(() => {})],
  ])('is answered with the gateway’s own failure notice when the function %s', async (_, message) => {
    const client = await open({ message }, { integrationMs: 50 })

    client.send({ action: 'ping' })

    const notice = await client.until(({ message: text }) => text === 'Internal server error')
    expect(notice).toMatchObject({ connectionId: ownId(), requestId: expect.any(String) })
    expect(client.socket.readyState).toBe(client.socket.OPEN)
  })

  test('reaches the functions at once up to a limit, and waits in the socket beyond it', async () => {
    let running = 0
    let most = 0
    const client = await open(
      {
        message: async () => {
          running += 1
          most = Math.max(most, running)
          await new Promise((resolve) => setTimeout(resolve, 5))
          running -= 1
          return { statusCode: 200 }
        },
      },
      { concurrentMessages: 4 },
    )

    for (let count = 0; count < 200; count += 1) client.send({ count })

    await expect.poll(() => gateway.events.length, { timeout: 10_000 }).toBe(201)
    expect(most).toBe(4)
  })
})

describe('time limits', () => {
  test.each([
    ['idle', { idleMs: 50 }],
    ['open too long', { connectionMs: 50 }],
  ])('close a connection that is %s, with 1001', async (_, limits) => {
    const client = await open({}, limits)

    const code = await client.closed()

    expect(code).toBe(1001)
  })

  test('count from the last message, either way', async () => {
    const idleMs = 1_000
    const client = await open({}, { idleMs })

    const openedAt = performance.now()
    for (let round = 0; performance.now() - openedAt < 2 * idleMs; round += 1) {
      await new Promise((resolve) => setTimeout(resolve, 50))
      if (round * 50 > idleMs) client.send('x')
      else await gateway.connections.post(ownId(), '{}')
    }

    expect(client.closeCode).toBeUndefined()
  })
})

describe('plain HTTP', () => {
  test('answers /health to anybody on this machine and 404 elsewhere', async () => {
    gateway = await startTestGateway()

    const health = await fetch(httpUrl('/health'))
    const root = await fetch(httpUrl('/'))
    const post = await fetch(httpUrl('/health'), { method: 'POST' })

    expect([health.status, root.status, post.status]).toEqual([200, 404, 405])
    expect(await health.json()).toEqual({ status: 'ok' })
  })

  test('refuses a host name that a web page made resolve to this machine', async () => {
    gateway = await startTestGateway()

    const status = await new Promise((resolve, reject) =>
      request({ port: gateway.port, host: '127.0.0.1', path: '/health', headers: { host: 'evil.example' } })
        .on('response', (response) => resolve(response.resume().statusCode))
        .on('error', reject)
        .end(),
    )

    expect(status).toBe(403)
  })
})

test('says which port is taken and how to choose another', async () => {
  gateway = await startTestGateway()

  const second = startGateway({ port: gateway.port, handlers: openHandlers, log: () => {} })

  await expect(second).rejects.toThrow(
    new RegExp(`Port ${gateway.port} of 127\\.0\\.0\\.1 is taken.*IASQL_PORT`),
  )
})

test('closes with 1001 and tells $disconnect before it is gone', async () => {
  const client = await open()

  await gateway.close()

  expect(await client.closed()).toBe(1001)
  expect(gateway.events.at(-1)?.requestContext.eventType).toBe('DISCONNECT')
  gateway = await startTestGateway()
})
