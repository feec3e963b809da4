import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BareClient } from '../support/bare-client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
let client: BareClient

beforeAll(async () => {
  server = await startTestServer()
  client = await BareClient.open(server.url, server.token)
})

afterAll(async () => {
  client?.close()
  await server?.stop()
})

const peakMemoryMiB = () => {
  const status = readFileSync(`/proc/${server.server.process.pid}/status`, 'utf8')
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024
}

test('streams 200,000 rows, the first before the last is read', async () => {
  const runId = randomUUID()

  client.send({
    action: 'run',
    runId,
    sql: "SELECT n, 'row number ' || n AS label, n % 7 = 0 AS seventh FROM generate_series(1, 200000) n",
  })
  await client.until((message) => message.runId === runId && message.type === 'rows')
  const early = client.messages.some((message) => message.runId === runId && message.type === 'complete')
  const result = await client.finished(runId, 110_000)

  expect(early).toBe(false)
  expect(result.statements[0]?.tag).toBe('SELECT 200000')
  expect(result.statements[0]?.rows).toHaveLength(200_000)
  expect(result.statements[0]?.rows.at(-1)).toEqual(['200000', 'row number 200000', 'f'])
})

test('needs no more memory for a result three times as long', async () => {
  const sql = (rows: number) => `SELECT n, 'row number ' || n AS label FROM generate_series(1, ${rows}) n`
  await client.run(sql(200_000))
  client.messages.length = 0
  const before = peakMemoryMiB()

  const result = await client.run(sql(600_000))
  client.messages.length = 0

  expect(result.statements[0]?.tag).toBe('SELECT 600000')
  expect(peakMemoryMiB() - before).toBeLessThan(100)
})

test('resumes after a drop and repeats nothing', async () => {
  const runId = randomUUID()
  const dropped = await BareClient.open(server.url, server.token)

  dropped.send({ action: 'run', runId, sql: 'SELECT n FROM generate_series(1, 60000) n; SELECT 2' })
  const seen = await dropped.until((message) => message.type === 'rows')
  dropped.socket.terminate()
  const again = await BareClient.open(server.url, server.token)
  again.send({ action: 'resume', runId, afterSeq: seen.seq })
  const rest = await again.finished(runId)

  const sequence = rest.messages.map((message) => message.seq as number)
  expect(sequence).toEqual(sequence.map((_, index) => (seen.seq as number) + 1 + index))
  expect(rest.state).toBe('succeeded')
  again.close()
})

test('cancels the statement that runs', async () => {
  const runId = randomUUID()

  client.send({ action: 'run', runId, sql: 'SELECT pg_sleep(30); SELECT 2' })
  await client.until((message) => message.runId === runId && message.type === 'accepted')
  client.send({ action: 'cancel', runId })
  const result = await client.finished(runId)

  expect(result.state).toBe('cancelled')
  expect(result.statements[0]?.error?.sqlstate).toBe('57014')
})
