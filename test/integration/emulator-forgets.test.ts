/** The emulator that comes with the server keeps nothing: the next start says so, and how the tables get over it. */
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BareClient, type RunResult } from '../support/bare-client.ts'
import { makeTestDirectory } from '../support/cluster.ts'
import { type ServerProcess, spawnServer } from '../support/server.ts'

let directory: string
let server: ServerProcess | undefined

beforeAll(async () => {
  directory = await makeTestDirectory()
})
afterAll(async () => {
  await server?.stop()
  await rm(directory, { recursive: true, force: true })
})

/** One life of the server, in which a text is run; what it wrote on standard error. */
async function live(sql: string): Promise<{ readonly result: RunResult; readonly errors: string }> {
  server = await spawnServer({ IASQL_DATA_DIR: directory })
  const client = await BareClient.open(server.url, (await readFile(join(directory, 'token'), 'utf8')).trim())
  const result = await client.run(sql)
  client.close()
  const errors = server.errors()
  await server.stop()
  return { result, errors }
}

test('a start after resources were made tells how many rows describe what is gone, until a sync has removed them', async () => {
  const first = await live(`SELECT * FROM iasql_install('aws_sqs');
    INSERT INTO queue (name) VALUES ('jobs'); SELECT description FROM iasql_apply()`)
  const second = await live(
    `SELECT name FROM queue; SELECT action, description FROM iasql_sync(confirm => true)`,
  )
  const third = await live('SELECT name FROM queue')

  expect(first.result.statements.at(-1)?.rows).toEqual([['queue jobs']])
  expect(first.errors).not.toContain('forgets')
  expect(second.errors).toContain(
    'The emulator forgets everything when it stops; 1 row describes what it had. SELECT * FROM iasql_sync(confirm => true) removes them.',
  )
  expect(second.result.statements.map(({ rows }) => rows)).toEqual([[['jobs']], [['delete', 'queue jobs']]])
  expect(third.errors).not.toContain('forgets')
  expect(third.result.statements[0]?.rows).toEqual([])
})
