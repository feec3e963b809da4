/** Long work belongs to nobody's connection: clients come and go, and servers die, and it is followed by whoever looks. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BareClient } from '#test/support/bare-client.ts'
import { gatedCloud } from '#test/support/gated-cloud.ts'
import { until } from '#test/support/host.ts'
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

const rowsOf = async (sql: string): Promise<readonly (readonly (string | null)[])[]> => {
  const { statements } = await host.client.run(sql)
  const last = statements.at(-1)
  if (last?.error) throw new Error(last.error.message)
  return last?.rows ?? []
}

const holdCreate = (name: string) =>
  cloud.hold('request', ({ operation, text }) => operation === 'CreateQueue' && text.includes(name))

test('an apply goes on when its client leaves; who comes back has missed nothing', async () => {
  const held = holdCreate('left-alone')
  const leaving = await BareClient.open(host.serving.url, host.token)
  const runId = randomUUID()
  leaving.send({
    ...{ action: 'run', runId },
    sql: "INSERT INTO queue (name) VALUES ('left-alone'); SELECT action, table_name FROM iasql_apply()",
  })
  await held.arrived()
  leaving.socket.terminate()

  const meanwhile = await rowsOf(
    'SELECT kind, state, holder, done, total FROM iasql_execution ORDER BY execution_id DESC LIMIT 1',
  )
  held.release()
  const back = await BareClient.open(host.serving.url, host.token)
  back.send({ action: 'resume', runId, afterSeq: 0 })
  const result = await back.finished(runId)
  back.close()

  expect(meanwhile).toEqual([['apply', 'running', expect.any(String), '0', '1']])
  expect(result.state).toBe('succeeded')
  expect(result.statements[1]?.rows).toEqual([['create', 'queue']])
  expect(result.messages.map(({ seq }) => seq)).toEqual(result.messages.map((_, index) => index + 1))
  const progress = result.messages.filter(({ type, changeId }) => type === 'progress' && changeId !== null)
  expect(progress.at(-1)).toMatchObject({ state: 'done', table: 'queue', row: 'left-alone' })
})

test('wait => false answers at once with the plan, which is followed in iasql_execution and iasql_event', async () => {
  const held = holdCreate('unawaited-2')
  await rowsOf("INSERT INTO queue (name) VALUES ('unawaited-1'), ('unawaited-2')")

  const planned = await rowsOf(
    'SELECT action, table_name, elapsed_ms, change_id, execution_id FROM iasql_apply(wait => false)',
  )
  const executionId = planned[0]?.[4]
  const counts = () =>
    rowsOf(`SELECT state, done, failed, total FROM iasql_execution WHERE execution_id = ${executionId}`)
  await until(async () => (await counts())[0]?.[1] === '1')
  const meanwhile = await counts()
  held.release()
  await until(async () => (await counts())[0]?.[0] === 'succeeded')

  expect(planned.map((row) => row.slice(0, 3))).toEqual([
    ['create', 'queue', null],
    ['create', 'queue', null],
  ])
  expect(meanwhile).toEqual([['running', '1', '0', '2']])
  expect(await counts()).toEqual([['succeeded', '2', '0', '2']])
  const changes = planned.map(([, , , change]) => change).join(', ')
  expect(await rowsOf(`SELECT DISTINCT state FROM iasql_change WHERE change_id IN (${changes})`)).toEqual([
    ['done'],
  ])
  const told = await rowsOf(
    `SELECT DISTINCT body->>'row' FROM iasql_event WHERE execution_id = ${executionId}
     AND kind = 'progress' AND body->>'state' = 'done' ORDER BY 1`,
  )
  expect(told).toEqual([['unawaited-1'], ['unawaited-2']])
  expect(
    await rowsOf(
      `SELECT kind FROM iasql_event WHERE execution_id = ${executionId} ORDER BY seq DESC LIMIT 1`,
    ),
  ).toEqual([['ended']])
})

test('wait => false goes on by itself when its server dies in the middle', async () => {
  await rowsOf("INSERT INTO queue (name) SELECT 'orphaned-' || n FROM generate_series(1, 5) n")
  const died = host.dieAfter((operation) => operation === 'CreateQueue')
  // The answer may be lost with the server: nobody waits for it.
  host.client.send({ action: 'run', runId: randomUUID(), sql: 'SELECT * FROM iasql_apply(wait => false)' })
  await died
  await host.revive()

  await until(async () => (await rowsOf(`SELECT 1 FROM iasql_execution WHERE ended_at IS NULL`)).length === 0)

  expect(await rowsOf(`SELECT count(url) FROM queue WHERE name LIKE 'orphaned-%'`)).toEqual([['5']])
  const made = cloud.made.filter(
    ({ operation, text }) => operation === 'CreateQueue' && /orphaned-/.test(text),
  )
  expect(new Set(made.map(({ text }) => text)).size).toBe(5)
  expect(await rowsOf('SELECT * FROM iasql_preview()')).toEqual([])
  expect(await rowsOf('SELECT * FROM iasql_sync()')).toEqual([])
})

test('wait => false says at once what is wrong, and starts nothing then', async () => {
  const executions = () => rowsOf('SELECT execution_id FROM iasql_execution WHERE ended_at IS NULL')
  await rowsOf("INSERT INTO queue (name) VALUES ('stale')")
  const [[planId] = []] = await rowsOf('SELECT plan_id FROM iasql_preview()')
  await rowsOf("UPDATE queue SET delay_seconds = 2 WHERE name = 'stale'")
  const errorOf = async (sql: string) => (await host.client.run(sql)).statements[0]?.error

  expect(await errorOf('SELECT * FROM iasql_apply(plan_id => 999999, wait => false)')).toMatchObject({
    ...{ code: 'plan/stale', sqlstate: 'IQ003' },
  })
  expect(await errorOf(`SELECT * FROM iasql_apply(plan_id => ${planId}, wait => false)`)).toMatchObject({
    ...{ code: 'plan/stale', sqlstate: 'IQ003', message: expect.stringContaining('stale') },
  })
  expect(await errorOf("SELECT * FROM iasql_apply(wait => false, claimed => 'maybe')")).toMatchObject({
    sqlstate: '22023',
  })
  expect(await executions()).toEqual([])
  await rowsOf('SELECT * FROM iasql_apply()')
  expect(await rowsOf('SELECT * FROM iasql_apply(wait => false)')).toEqual([])
  await until(async () => (await executions()).length === 0)
})

test('wait => false waits for rows of others by itself', async () => {
  const held = holdCreate('in-the-way')
  await rowsOf("INSERT INTO queue (name) VALUES ('in-the-way')")
  const first = host.client.run('SELECT * FROM iasql_apply()')
  await held.arrived()
  await rowsOf(
    "UPDATE queue SET delay_seconds = 6 WHERE name = 'in-the-way'; INSERT INTO queue (name) VALUES ('out-of-it')",
  )

  const planned = await rowsOf('SELECT action, execution_id FROM iasql_apply(wait => false)')
  const executionId = planned[0]?.[1]
  const state = async () =>
    (await rowsOf(`SELECT state FROM iasql_execution WHERE execution_id = ${executionId}`))[0]?.[0]
  await until(async () => (await state()) === 'waiting')
  held.release()
  await first
  await until(async () => (await state()) === 'succeeded')

  expect(planned.map(([action]) => action)).toEqual(['create'])
  expect(await rowsOf('SELECT * FROM iasql_preview()')).toEqual([])
})
