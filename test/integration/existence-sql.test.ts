/** Adopting and forgetting as people write it: in queries, with looked-up ids, for several rows at once. */
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LiveHost, startLiveHost } from '../support/live-host.ts'

let host: LiveHost

beforeAll(async () => {
  host = await startLiveHost()
  await host.client.run("SELECT * FROM iasql_install('aws_sqs')")
})
afterAll(() => host?.stop())

const rowsOf = async (sql: string) => {
  const { statements } = await host.client.run(sql)
  for (const { error } of statements) if (error) throw new Error(`${error.sqlstate} ${error.message}`)
  return statements.map(({ rows }) => rows)
}

test('a row is forgotten by an id that is looked up in the same statement', async () => {
  await rowsOf("INSERT INTO queue (name) VALUES ('looked'), ('chosen'); SELECT count(*) FROM iasql_apply()")

  const [found, chosen, left] = await rowsOf(
    `SELECT table_name FROM iasql_forget('queue', find_queue('looked'));
     SELECT f.table_name FROM queue q, iasql_forget('queue', q.id) f WHERE q.name = 'chosen';
     SELECT count(*) FROM queue`,
  )

  expect(found).toEqual([['queue']])
  expect(chosen).toEqual([['queue']])
  expect(left).toEqual([['0']])
})

test('several rows are forgotten in one statement, which tells of each', async () => {
  await rowsOf(
    "INSERT INTO queue (name) VALUES ('old-1'), ('old-2'), ('new'); SELECT count(*) FROM iasql_apply()",
  )

  const { statements } = await host.client.run(
    "SELECT q.name FROM queue q, LATERAL iasql_forget('queue', q.id) WHERE q.name LIKE 'old-%' ORDER BY 1",
  )

  expect(statements[0]?.rows).toEqual([['old-1'], ['old-2']])
  expect(statements[0]?.notices).toHaveLength(2)
  expect(await rowsOf('SELECT name FROM queue; SELECT count(*) FROM iasql_sync()')).toEqual([
    [['new']],
    [['0']],
  ])
})

test('a statement that fails forgets nothing', async () => {
  await rowsOf("INSERT INTO queue (name) VALUES ('held'); SELECT count(*) FROM iasql_apply()")

  const { statements } = await host.client.run(
    "SELECT 1 / (id - id) FROM iasql_forget('queue', find_queue('held'))",
  )

  expect(statements[0]?.error).toMatchObject({ sqlstate: '22012' })
  expect(await rowsOf("SELECT count(*) FROM queue WHERE name = 'held'")).toEqual([[['1']]])
})

test('adoption takes a place by name, and an insert may follow from it', async () => {
  const sqs = new SQSClient(host.awsConfiguration)
  await sqs.send(new CreateQueueCommand({ QueueName: 'theirs' }))

  const [rows] = await rowsOf(
    `CREATE TABLE taken AS SELECT * FROM iasql_adopt('queue', 'theirs', account_id => '123456789012', region => 'us-east-1');
     SELECT q.name FROM taken t JOIN queue q ON q.id = t.id`,
  ).then((all) => all.slice(-1))

  expect(rows).toEqual([['theirs']])
})

test('the functions are in the help', async () => {
  const [rows] = await rowsOf(
    "SELECT name FROM iasql_help() WHERE name IN ('iasql_adopt', 'iasql_forget') ORDER BY 1",
  )

  expect(rows).toEqual([['iasql_adopt'], ['iasql_forget']])
})
