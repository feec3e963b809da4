/** A cancel is obeyed at once wherever it finds an execution; what is done stays, rows are true, the next apply does the rest. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { IasqlError } from '#engine/model/error.ts'
import type { Row } from '#engine/model/json.ts'
import { type GatedCall, gatedCloud } from '#test/support/gated-cloud.ts'
import { type HandClock, handClock } from '#test/support/hand-clock.ts'
import { hearingCancel } from '#test/support/hearing-cancel.ts'
import { until } from '#test/support/host.ts'
import { lineOf, openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
const cloud = gatedCloud()

beforeAll(async () => {
  lab = await openTenantLab({ wrapCloud: cloud.wrap })
  await lab.call('iasql_install', [['aws_vpc', 'aws_sqs']])
})
afterAll(async () => {
  await lab.close()
})

const cancel = (executionId: string | number) =>
  lab.call('iasql_cancel', [Number(executionId)], { actor: 'bob' })

const executionOf = async (executionId: string): Promise<Row | undefined> =>
  (
    await lab.user.query<Row>(
      `SELECT state, done, failed, total, error->>'code' AS code, error->>'detail' AS detail, ended_at IS NOT NULL AS ended
       FROM iasql_execution WHERE execution_id = ${executionId}`,
    )
  )[0]

const holdCalls = (operation: string, picks: (call: GatedCall) => boolean = () => true) =>
  cloud.hold('request', (call) => call.operation === operation && picks(call))

/** An execution that is driven by a clock of its own. */
const begin = async (name: string, given?: Parameters<TenantLab['begin']>[1]) => {
  const clock: HandClock = handClock()
  const { ports, heard } = hearingCancel(clock.on(lab.ports))
  const executionId = await lab.begin(name, given)
  const driving = lab.drive(executionId, ports)
  return {
    ...{ clock, executionId },
    heard: () => clock.during(heard),
    ended: () => clock.during(driving),
  }
}

const made = (operation: string, text: string): number =>
  cloud.made.filter((call) => call.operation === operation && call.text.includes(text)).length

test('while calls are in flight: they end, nothing else is begun, and the next apply does the rest', async () => {
  const held = holdCalls('CreateVpc')
  await lab.user.run(`INSERT INTO vpc (cidr_block) VALUES ('10.90.0.0/16')`)
  await lab.user.run(
    `INSERT INTO subnet (vpc_id, cidr_block, availability_zone)
     SELECT id, '10.90.1.0/24', (SELECT name FROM availability_zone ORDER BY name LIMIT 1)
     FROM vpc WHERE cidr_block = '10.90.0.0/16'`,
  )
  const { clock, executionId, heard, ended } = await begin('iasql_apply')
  await clock.during(held.arrived())

  expect(await cancel(executionId)).toMatchObject([{ state: 'running' }])
  await heard()
  held.release()
  await ended()

  expect(await executionOf(executionId)).toMatchObject({
    ...{ state: 'cancelled', done: 1, failed: 0, total: 2, code: 'apply/cancelled' },
  })
  expect(made('CreateSubnet', '10.90.1.0/24')).toBe(0)
  const [vpc] = await lab.user.query<{ vpc_id: string | null }>(
    `SELECT vpc_id FROM vpc WHERE cidr_block = '10.90.0.0/16'`,
  )
  expect(vpc?.vpc_id).toMatch(/^vpc-/)
  expect((await lab.call('iasql_apply')).map(lineOf)).toEqual(['create subnet'])
  expect(made('CreateVpc', '10.90.0.0/16')).toBe(1)
  expect(await lab.call('iasql_preview')).toEqual([])
})

test('while it waits for rows of another: at once, and the other goes on', async () => {
  const held = holdCalls('CreateQueue')
  await lab.user.run(`INSERT INTO queue (name) VALUES ('theirs')`)
  const first = lab.call('iasql_apply')
  await held.arrived()
  await lab.user.run(`UPDATE queue SET delay_seconds = 3 WHERE name = 'theirs'`)
  const executionId = await lab.begin('iasql_apply')
  const second = lab.drive(executionId)
  await until(async () => (await executionOf(executionId))?.state === 'waiting')

  await cancel(executionId)
  await second

  expect(await executionOf(executionId)).toMatchObject({
    state: 'cancelled',
    total: 0,
    code: 'apply/cancelled',
  })
  held.release()
  expect((await first).map(lineOf)).toEqual(['create queue'])
  expect((await lab.call('iasql_apply')).map(lineOf)).toEqual(['update queue'])
})

test('while it plans: nothing is claimed', async () => {
  const held = holdCalls('GetQueueUrl')
  await lab.user.run(`INSERT INTO queue (name) VALUES ('planned')`)
  const { clock, executionId, ended } = await begin('iasql_apply')
  await clock.during(held.arrived())

  await cancel(executionId)
  await ended()
  held.release()

  expect(await executionOf(executionId)).toMatchObject({ state: 'cancelled', total: 0 })
  expect((await lab.call('iasql_apply')).map(lineOf)).toEqual(['create queue'])
})

test('during a sync: the read is given up, and no row is touched', async () => {
  const before = await lab.user.query('SELECT * FROM queue ORDER BY id')
  const held = holdCalls('ListQueues')
  const { clock, executionId, ended } = await begin('iasql_sync')
  await clock.during(held.arrived())

  await cancel(executionId)
  await ended()
  held.release()

  expect(await executionOf(executionId)).toMatchObject({ state: 'cancelled', code: 'apply/cancelled' })
  expect(await lab.user.query('SELECT * FROM queue ORDER BY id')).toEqual(before)
  expect(await lab.call('iasql_sync')).toEqual([])
})

test('before it has begun: it never does', async () => {
  await lab.user.run(`INSERT INTO queue (name) VALUES ('unbegun')`)
  const executionId = await lab.begin('iasql_apply')

  expect(await cancel(executionId)).toMatchObject([{ state: 'queued' }])
  await lab.drive(executionId)

  expect(await executionOf(executionId)).toMatchObject({ state: 'cancelled', done: 0 })
  expect(made('CreateQueue', 'unbegun')).toBe(0)
})

test('after it has claimed, before its first call: it calls nobody and claims nothing any more', async () => {
  await lab.user.run(`INSERT INTO queue (name) VALUES ('uncalled')`)
  const planned = await lab.call('iasql_apply', [null, false, false, 'wait'])
  const executionId = String(planned[0]?.execution_id)

  await cancel(executionId)
  await lab.drive(executionId)

  expect(await executionOf(executionId)).toMatchObject({ state: 'cancelled', done: 0, total: planned.length })
  expect(made('CreateQueue', 'uncalled')).toBe(0)
  const open = `SELECT 1 AS one FROM iasql_change WHERE execution_id = ${executionId} AND state <> 'skipped'`
  expect(await lab.user.query(open)).toEqual([])
})

test('twice is once, and one that has ended stays as it ended', async () => {
  const held = holdCalls('CreateQueue')
  const { clock, executionId, heard, ended } = await begin('iasql_apply')
  await clock.during(held.arrived())

  const states = [await cancel(executionId), await cancel(executionId)]
  await heard()
  held.release()
  await ended()
  const end = await executionOf(executionId)

  expect(states.flat()).toMatchObject([{ state: 'running' }, { state: 'running' }])
  expect(await cancel(executionId)).toMatchObject([{ state: end?.state }])
  expect(await executionOf(executionId)).toEqual(end)
  const ends = `SELECT 1 AS one FROM iasql_event WHERE execution_id = ${executionId} AND kind = 'ended'`
  expect(await lab.user.query(ends)).toHaveLength(1)
})

test('of an execution that never was: an error that says where to look', async () => {
  const refusal = await cancel(999_999).catch((error: IasqlError) => error)

  expect(refusal).toMatchObject({ sqlstate: 'P0002', hint: expect.stringContaining('iasql_execution') })
})

test('while what it made cannot be read yet: the record stays, and the next apply completes the row', async () => {
  const queueOf = (operation: string) => holdCalls(operation, ({ text }) => text.includes('unreadable'))
  const held = queueOf('GetQueueAttributes')
  await lab.user.run(`INSERT INTO queue (name, delay_seconds) VALUES ('unreadable', 4)`)
  const { clock, executionId, heard, ended } = await begin('iasql_apply')
  await clock.during(held.arrived())

  await cancel(executionId)
  await heard()
  held.fail()
  await ended()

  const told =
    'cancelled while waiting for it to be readable (it cannot be read: nothing was reached); the cloud has made it'
  expect(await executionOf(executionId)).toMatchObject({
    ...{ state: 'cancelled', detail: `create queue unreadable: ${told}` },
  })
  const why = `SELECT error->>'message' AS message FROM iasql_change WHERE execution_id = ${executionId}`
  expect(await lab.user.query(why)).toEqual([{ message: told }])
  await lab.call('iasql_apply')
  expect(made('CreateQueue', 'unreadable')).toBe(1)
  const [row] = await lab.user.query<Row>(
    `SELECT url, arn, delay_seconds FROM queue WHERE name = 'unreadable'`,
  )
  expect(row).toEqual({
    url: expect.stringContaining('unreadable'),
    arn: expect.stringContaining('unreadable'),
    delay_seconds: 4,
  })
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await lab.call('iasql_sync')).toEqual([])
})
