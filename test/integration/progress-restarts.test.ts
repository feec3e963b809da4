/** A server that dies takes nothing along: executions resume by themselves, and the runs that wait for them get their results. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BareClient, type RunResult } from '#test/support/bare-client.ts'
import { gatedCloud } from '#test/support/gated-cloud.ts'
import { type LiveHost, startLiveHost } from '#test/support/live-host.ts'

let host: LiveHost
const cloud = gatedCloud()

beforeAll(async () => {
  host = await startLiveHost({ wrapCloud: cloud.wrap })
  await host.client.run("SELECT * FROM iasql_install('aws_sqs')")
})
afterAll(async () => {
  await host.stop()
})

const rowsOf = async (sql: string): Promise<readonly (readonly (string | null)[])[]> =>
  (await host.client.run(sql)).statements.at(-1)?.rows ?? []

/** What a client gets to see of a run in the middle of which the server dies, once it is back. */
const dying = async (operation: string, sql: string): Promise<RunResult> => {
  const runId = randomUUID()
  const died = host.dieAfter((called) => called === operation)
  host.client.send({ action: 'run', runId, sql })
  await died
  await host.revive()
  host.client.send({ action: 'resume', runId, afterSeq: 0 })
  return await host.client.finished(runId)
}

const createsOf = (name: string): number =>
  cloud.made.filter(({ operation, text }) => operation === 'CreateQueue' && text.includes(name)).length

test('a statement that waits for an apply gets its result, and the run goes on after it', async () => {
  const result = await dying(
    'CreateQueue',
    "INSERT INTO queue (name) VALUES ('cut-off'); SELECT action, table_name FROM iasql_apply(); SELECT 2",
  )

  expect(result.state).toBe('succeeded')
  expect(result.statements.map(({ rows }) => rows)).toEqual([[], [['create', 'queue']], [['2']]])
  expect(result.messages.map(({ seq }) => seq)).toEqual(result.messages.map((_, index) => index + 1))
  expect(createsOf('cut-off')).toBe(1)
})

test('a sync is read to its end', async () => {
  const result = await dying('GetQueueAttributes', 'SELECT * FROM iasql_sync(); SELECT 2')

  expect(result.state).toBe('succeeded')
  expect(result.statements.map(({ rows }) => rows)).toEqual([[], [['2']]])
  expect(await rowsOf('SELECT * FROM iasql_preview()')).toEqual([])
})

test('a cancel that the server did not live to obey is obeyed by the next one, and nothing is made twice', async () => {
  const held = cloud.hold(
    'answer',
    ({ operation, text }) => operation === 'CreateQueue' && /given-up/.test(text),
  )
  const runId = randomUUID()
  const other = await BareClient.open(host.serving.url, host.token)
  const died = host.dieAfter((called) => called === 'CreateQueue')
  host.client.send({
    ...{ action: 'run', runId },
    sql: "INSERT INTO queue (name) VALUES ('given-up'); SELECT * FROM iasql_apply()",
  })
  await held.arrived()
  await other.run('SELECT c.* FROM iasql_execution e, iasql_cancel(e.execution_id) c WHERE ended_at IS NULL')
  held.release()
  await died
  await host.revive()
  host.client.send({ action: 'resume', runId, afterSeq: 0 })
  const result = await host.client.finished(runId)
  other.close()

  expect(result.statements[1]?.error).toMatchObject({ code: 'apply/cancelled', sqlstate: 'IQ006' })
  expect(await rowsOf('SELECT action FROM iasql_apply()')).toEqual([['create']])
  expect(createsOf('given-up')).toBe(1)
  expect(await rowsOf('SELECT * FROM iasql_preview()')).toEqual([])
  expect(await rowsOf('SELECT * FROM iasql_sync()')).toEqual([])
})
