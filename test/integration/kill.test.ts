import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BareClient } from '../support/bare-client.ts'
import { killWatch, pidsOf } from '../support/host.ts'
import { type ServerProcess, spawnServer, startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
let current: ServerProcess

beforeAll(async () => {
  server = await startTestServer()
  current = server.server
  const client = await BareClient.open(current.url, server.token)
  await client.run("SELECT * FROM iasql_install('aws_sqs')")
  client.close()
})

afterAll(async () => {
  await current?.stop()
  await server?.stop()
})

/** Ends the server and every PostgreSQL process of its data directory at once, without a word of warning. */
const killEverything = async () => {
  const gone = once(current.process, 'exit')
  const postgres = pidsOf((command) => command.includes(server.dataDirectory))
  for (const pid of postgres) killWatch(pid)
  current.process.kill('SIGKILL')
  for (const pid of postgres) kill(pid)
  await gone
}

const kill = (pid: number) => {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It went with its parent.
  }
}

const startAgain = async () => {
  current = await spawnServer({ IASQL_DATA_DIR: server.dataDirectory, AWS_ENDPOINT_URL: server.endpoint })
  return BareClient.open(current.url, readToken())
}

const readToken = () => readFileSync(join(server.dataDirectory, 'token'), 'utf8').trim()

const untilNothingIsOpen = async (client: BareClient): Promise<string> => {
  const deadline = Date.now() + 60_000
  let open = '1'
  while (open !== '0' && Date.now() < deadline) {
    const result = await client.run(
      "SELECT count(*) FROM iasql_execution WHERE state IN ('queued', 'running', 'waiting')",
    )
    open = result.statements[0]?.rows[0]?.[0] ?? '1'
  }
  return open
}

test('comes back after kill -9: what was committed stands, the run that was cut off ends interrupted', async () => {
  const client = await BareClient.open(current.url, server.token)
  const runId = randomUUID()

  client.send({
    action: 'run',
    runId,
    sql: 'CREATE TABLE kept (n int); INSERT INTO kept VALUES (1); SELECT pg_sleep(30); INSERT INTO kept VALUES (2)',
  })
  await client.until((message) => message.type === 'complete' && message.statement === 1)
  await killEverything()
  const again = await startAgain()
  again.send({ action: 'resume', runId, afterSeq: 0 })
  const resumed = await again.finished(runId)
  const rows = await again.run('SELECT n FROM kept')

  expect(resumed.state).toBe('interrupted')
  expect(resumed.messages.map((message) => message.seq)).toEqual(
    resumed.messages.map((_, index) => index + 1),
  )
  expect(rows.statements[0]?.rows).toEqual([['1']])
  again.close()
})

test('continues an apply after kill -9, without a resource made twice', async () => {
  const client = await BareClient.open(current.url, server.token)
  const runId = randomUUID()
  const sqs = new SQSClient(server.awsConfiguration)

  await client.run("INSERT INTO queue (name) SELECT 'q-' || n FROM generate_series(1, 60) n")
  client.send({ action: 'run', runId, sql: 'SELECT * FROM iasql_apply()' })
  await client.until((message) => message.type === 'progress' && message.state === 'done')
  await killEverything()
  const again = await startAgain()
  const open = await untilNothingIsOpen(again)
  const after = await again.run('SELECT count(*) FROM iasql_preview(); SELECT count(url) FROM queue')
  const queues = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: 'q-', MaxResults: 1000 }))

  expect(open).toBe('0')
  expect(after.statements.map((statement) => statement.rows)).toEqual([[['0']], [['60']]])
  expect(queues.QueueUrls).toHaveLength(60)
  again.close()
})

test('comes back from kill -9 at any moment of an apply, again and again', async () => {
  const sqs = new SQSClient(server.awsConfiguration)
  const moments = Array.from({ length: 3 }, () => 1 + Math.floor(Math.random() * 24))

  for (const [round, moment] of moments.entries()) {
    const client = await BareClient.open(current.url, readToken())
    await client.run(`INSERT INTO queue (name) SELECT 'k${round}-' || n FROM generate_series(1, 12) n`)
    const runId = randomUUID()
    client.send({ action: 'run', runId, sql: 'SELECT * FROM iasql_apply()' })
    const progress = new Set<unknown>()
    await client.until((message) => {
      if (message.runId !== runId) return false
      if (message.type === 'progress') progress.add(message.seq)
      return progress.size >= moment || message.type === 'done'
    })
    await killEverything()
    const again = await startAgain()
    await untilNothingIsOpen(again)
    const left = await again.run('SELECT count(*) FROM iasql_preview()')
    again.close()

    expect(left.statements[0]?.rows, `killed at the progress messages ${moments}`).toEqual([['0']])
  }
  const queues = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: 'k', MaxResults: 1000 }))
  expect(queues.QueueUrls).toHaveLength(36)
})

test('refuses a second server on the same data directory', async () => {
  const second = spawnServer({ IASQL_DATA_DIR: server.dataDirectory, AWS_ENDPOINT_URL: server.endpoint })

  await expect(second).rejects.toThrow(/already|in use/)
})

test('says which port is taken and how to change it', async () => {
  const port = new URL(current.url).port
  const second = spawnServer({
    IASQL_DATA_DIR: `${server.dataDirectory}-second`,
    AWS_ENDPOINT_URL: server.endpoint,
    IASQL_PORT: port,
  })

  await expect(second).rejects.toThrow(new RegExp(`${port}[\\s\\S]*IASQL_PORT`))
})
