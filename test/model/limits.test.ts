/** Applies against AWS's published limits on a virtual clock: calls are spaced out, not refused, and nothing waits in vain. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { cancelExecution } from '#operations/execution/cancel-execution.ts'
import {
  openSimulatedLab,
  type SimulatedLab,
  type SimulatedLabOptions,
  type Worker,
} from '#test/support/simulated/lab.ts'

let lab: SimulatedLab
let worker: Worker

async function open(options: SimulatedLabOptions = {}): Promise<void> {
  lab = await openSimulatedLab(options)
  worker = lab.openWorker()
  await worker.call('iasql_install', [['sim']])
}
beforeEach(() => open())
afterEach(() => lab.close())

const insertNetworks = (count: number): Promise<number> =>
  lab.user.run(
    `INSERT INTO network (cidr) SELECT format('%s.%s.0.0/16', 10 + n / 200, n % 200) FROM generate_series(1, ${count}) n`,
  )

const creates = () => lab.cloud.calls.filter(({ operation }) => operation === 'CreateNetwork')

test('90 creates take as long as the bucket demands, and none of them is throttled', async () => {
  await insertNetworks(90)
  const startMs = lab.clock.nowMs

  const rows = await worker.call('iasql_apply')

  expect(rows).toHaveLength(90)
  expect(creates()).toHaveLength(90)
  expect(lab.cloud.faults.get('limited') ?? 0).toBe(0)
  // 50 at once and 5 a second from then on, with a tenth for what is not the bucket's.
  expect(lab.clock.nowMs - startMs).toBeLessThan(((90 - 50) / 5) * 1_000 * 1.1 + 3_000)
})

test('steps of other buckets do not stand behind those that wait', async () => {
  await insertNetworks(100)
  await lab.user.run(`INSERT INTO topic (name) SELECT 't' || n FROM generate_series(1, 20) n`)

  await worker.call('iasql_apply')

  const madeMs = (operation: string): number =>
    Math.max(...lab.cloud.calls.filter((call) => call.operation === operation).map(({ atMs }) => atMs))
  expect(madeMs('CreateTopic')).toBeLessThan(madeMs('CreateNetwork') - 5_000)
})

test('a cancel with 500 steps that wait ends at once, and none of them calls', async () => {
  await insertNetworks(500)
  const outcome = worker.call('iasql_apply').catch((error: Error) => error)
  await lab.clock.sleep(12_000)
  const [{ execution_id: executionId } = { execution_id: 0 }] = await lab.user.query<{
    execution_id: number
  }>('SELECT max(execution_id) AS execution_id FROM iasql_execution')
  const askedMs = lab.clock.nowMs
  await cancelExecution(worker.ports, lab.tenant, String(executionId))

  expect(await outcome).toMatchObject({ code: 'apply/cancelled' })

  expect(lab.clock.nowMs - askedMs).toBeLessThan(5_000)
  expect(Math.max(...creates().map(({ atMs }) => atMs)) - askedMs).toBeLessThan(3_000)
  expect(creates().length).toBeLessThan(130)
  expect(lab.cloud.world.all('network')).toHaveLength(creates().length)
})

test('short invocations hand over what waits, and waste nothing of the bucket', async () => {
  await lab.close()
  await open({ budgetMs: 4_000 })
  await insertNetworks(90)
  const startMs = lab.clock.nowMs

  const rows = await worker.call('iasql_apply')

  expect(rows).toHaveLength(90)
  expect(creates()).toHaveLength(90)
  expect(lab.cloud.faults.get('limited') ?? 0).toBe(0)
  expect(lab.clock.nowMs - startMs).toBeLessThan(((90 - 50) / 5) * 1_000 * 2)
})

test('when AWS throttles for a while everything slows down, succeeds, and nothing is made twice', async () => {
  await insertNetworks(40)
  lab.cloud.forecast.weather = { ...lab.cloud.forecast.weather, throttled: 0.5 }
  const applied = worker.call('iasql_apply')
  await lab.clock.sleep(20_000)
  const [slowest] = await lab.platform.query<{ pace: number }>(
    'SELECT min(pace) AS pace FROM iasql_platform.bucket',
  )
  lab.cloud.forecast.weather = { ...lab.cloud.forecast.weather, throttled: 0 }

  expect(await applied).toHaveLength(40)

  expect(slowest?.pace).toBeLessThan(0.8)
  expect(lab.cloud.faults.get('throttled')).toBeGreaterThan(10)
  expect(lab.cloud.world.all('network')).toHaveLength(40)
  expect(await worker.call('iasql_preview')).toEqual([])
})

test('what waits for its turn is told of by one line for all, until nothing waits', async () => {
  await insertNetworks(110)

  await worker.call('iasql_apply')

  const told = await lab.user.query<{ state: string; message: string; elapsed: number }>(
    `SELECT body->>'state' AS state, body->>'message' AS message, (body->>'elapsedMs')::int AS elapsed FROM iasql_event
     WHERE body->>'message' LIKE '%CreateNetwork%' ORDER BY execution_id, seq`,
  )
  expect(told.length).toBeGreaterThanOrEqual(2)
  expect(told.length).toBeLessThan(15)
  expect(told[0]).toMatchObject({
    state: 'waiting',
    message: expect.stringMatching(/^\d+ changes wait for their turn: AWS limits the rate of CreateNetwork$/),
  })
  expect(told[0]?.elapsed).toBeGreaterThanOrEqual(5_000)
})
