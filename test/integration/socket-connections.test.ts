import { ApiGatewayManagementApiClient, GetConnectionCommand } from '@aws-sdk/client-apigatewaymanagementapi'
import { afterEach, expect, test } from 'vitest'
import type { GatewayLimits } from '#local/gateway/limits.ts'
import { apiGatewayConnections } from '#operations/connection/api-gateway-connections.ts'
import { BareClient } from '../support/bare-client.ts'
import { dummyCredentials, startTestGateway, type TestGateway } from '../support/gateway.ts'
import { startMuteServer } from '../support/mute-server.ts'

let gateway: TestGateway
afterEach(() => gateway?.close())

const open = async (limits: Partial<GatewayLimits> = {}): Promise<BareClient> => {
  gateway = await startTestGateway({}, limits)
  return BareClient.open(gateway.url, 'good')
}
const ownId = (): string => gateway.events[0]?.requestContext.connectionId ?? 'none'
const httpUrl = (path: string): string => `http://127.0.0.1:${gateway.port}${path}`

test('posts to a client, and says that it is gone once it has left', async () => {
  const client = await open()

  const first = await gateway.connections.post(ownId(), '{"n":1}')
  await client.until(({ n }) => n === 1)
  client.socket.close()
  await expect.poll(() => gateway.events.length).toBe(2)
  const second = await gateway.connections.post(ownId(), '{"n":2}')
  const unknown = await gateway.connections.post('neverWasHere123=', '{}')

  expect([first, second, unknown]).toEqual(['sent', 'gone', 'gone'])
})

test('takes 128 KiB and refuses more by name', async () => {
  const client = await open()
  const most = JSON.stringify('x'.repeat(128 * 1024 - 2))
  await gateway.connections.post(ownId(), most)
  await expect.poll(() => client.messages.length).toBe(1)

  const tooMuch = gateway.connections.post(ownId(), `${most} `)

  await expect(tooMuch).rejects.toMatchObject({ name: 'PayloadTooLargeException' })
  expect(client.socket.readyState).toBe(client.socket.OPEN)
})

test('describes a connection, and closes one', async () => {
  const client = await open()
  const sdk = new ApiGatewayManagementApiClient({
    endpoint: gateway.managementEndpoint,
    region: 'us-east-1',
    credentials: dummyCredentials,
  })

  const seen = await sdk.send(new GetConnectionCommand({ ConnectionId: ownId() }))
  await gateway.connections.disconnect(ownId())
  const code = await client.closed()
  const after = sdk.send(new GetConnectionCommand({ ConnectionId: ownId() }))

  expect(seen).toMatchObject({
    ConnectedAt: expect.any(Date),
    LastActiveAt: expect.any(Date),
    Identity: { SourceIp: '127.0.0.1' },
  })
  expect(code).toBe(1000)
  await expect(after).rejects.toMatchObject({ name: 'GoneException' })
})

test('is there only for who knows its path, and never for a web page', async () => {
  const client = await open()
  const path = `/@connections/${encodeURIComponent(ownId())}`
  const guessed = await fetch(httpUrl(path), { method: 'POST', body: '{}' })
  const staged = await fetch(httpUrl(`/local${path}`), { method: 'POST', body: '{}' })

  const page = await fetch(`${gateway.managementEndpoint}${path}`, {
    method: 'POST',
    body: '{}',
    headers: { origin: 'http://127.0.0.1:9876' },
  })

  expect([guessed.status, staged.status, page.status]).toEqual([404, 404, 403])
  expect(client.messages).toEqual([])
})

test('waits for a slow client instead of keeping its messages in memory, and gives it up when it takes nothing', async () => {
  const client = await open({ bufferedBytes: 256 * 1024, stalledMs: 200 })
  client.socket.pause()
  const message = JSON.stringify('x'.repeat(120 * 1024))
  let sent = 0
  let outcome = 'sent'

  while (outcome === 'sent' && sent < 1_000) {
    outcome = await gateway.connections.post(ownId(), message)
    sent += 1
  }

  expect(outcome).toBe('gone')
  expect(sent).toBeLessThan(200)
})

test('gives up a post that nobody answers', async () => {
  const mute = await startMuteServer()
  const connections = apiGatewayConnections({
    endpoint: mute.endpoint,
    credentials: dummyCredentials,
    answerMs: 50,
  })

  const post = connections.post('someone=', '{}')

  await expect(post).rejects.toMatchObject({ name: 'TimeoutError' })
  connections.close()
  mute.close()
})
