import { randomUUID } from 'node:crypto'
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type MortalServer, startMortalServer, untilNothingIsOpen } from '../support/mortal-server.ts'
import { spawnServer, type TestServer } from '../support/server.ts'

let mortal: MortalServer
let server: TestServer

beforeAll(async () => {
  mortal = await startMortalServer()
  server = mortal.test
  const client = await mortal.connect()
  await client.run("SELECT * FROM iasql_install('aws_sqs')")
  client.close()
})

afterAll(async () => {
  await mortal?.stop()
})

const startAgain = async () => {
  await mortal.revive()
  return mortal.connect()
}

test('comes back after kill -9: what was committed stands, the run that was cut off ends interrupted', async () => {
  const client = await mortal.connect()
  const runId = randomUUID()

  client.send({
    action: 'run',
    runId,
    sql: 'CREATE TABLE kept (n int); INSERT INTO kept VALUES (1); SELECT pg_sleep(30); INSERT INTO kept VALUES (2)',
  })
  await client.until((message) => message.type === 'complete' && message.statement === 1)
  await mortal.die()
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
  const client = await mortal.connect()
  const runId = randomUUID()
  const sqs = new SQSClient(server.awsConfiguration)

  await client.run("INSERT INTO queue (name) SELECT 'q-' || n FROM generate_series(1, 60) n")
  client.send({ action: 'run', runId, sql: 'SELECT * FROM iasql_apply()' })
  await client.until((message) => message.type === 'progress' && message.state === 'done')
  await mortal.die()
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
    const client = await mortal.connect()
    await client.run(`INSERT INTO queue (name) SELECT 'k${round}-' || n FROM generate_series(1, 12) n`)
    const runId = randomUUID()
    client.send({ action: 'run', runId, sql: 'SELECT * FROM iasql_apply()' })
    const progress = new Set<unknown>()
    await client.until((message) => {
      if (message.runId !== runId) return false
      if (message.type === 'progress') progress.add(message.seq)
      return progress.size >= moment || message.type === 'done'
    })
    await mortal.die()
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
  const port = new URL(mortal.url()).port
  const second = spawnServer({
    IASQL_DATA_DIR: `${server.dataDirectory}-second`,
    AWS_ENDPOINT_URL: server.endpoint,
    IASQL_PORT: port,
  })

  await expect(second).rejects.toThrow(new RegExp(`${port}[\\s\\S]*IASQL_PORT`))
})
