/** Applies beside each other: disjoint ones are in flight at once, overlapping ones take turns on a resource. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { IasqlError } from '#engine/model/error.ts'
import type { Json, Row } from '#engine/model/json.ts'
import { gatedCloud } from '#test/support/gated-cloud.ts'
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

const applyOf = (actor: string, given: readonly Json[] = [null, false, true, 'wait']) =>
  lab.call('iasql_apply', given, { actor })

const holding = (operation: string, name: string) =>
  cloud.hold('request', (call) => call.operation === operation && call.text.includes(name))

/** Of executions that have not ended. */
const waitingExecutions = () =>
  lab.user.query<{ execution_id: number; holder: string }>(
    `SELECT execution_id, holder FROM iasql_execution WHERE state = 'waiting' ORDER BY execution_id`,
  )

const noticesOf = async (executionId: number): Promise<readonly string[]> => {
  const rows = await lab.user.query<{ message: string }>(
    `SELECT body->>'message' AS message FROM iasql_event
     WHERE execution_id = ${executionId} AND kind = 'notice' ORDER BY seq`,
  )
  return rows.map(({ message }) => message)
}

const callsAbout = (operation: string, name: string): number =>
  cloud.made.filter((call) => call.operation === operation && call.text.includes(name)).length

const insert = (...names: readonly string[]) =>
  lab.user.run(`INSERT INTO queue (name) VALUES ${names.map((name) => `('${name}')`).join(', ')}`)

test('three applies of different rows are in flight at the same time', async () => {
  const held = cloud.hold(
    'request',
    ({ operation, text }) => operation === 'CreateQueue' && /apart/.test(text),
  )
  const working: Promise<readonly Row[]>[] = []
  for (const actor of ['ann', 'bob', 'eve']) {
    await insert(`apart-${actor}`)
    working.push(applyOf(actor))
    await held.arrived(working.length)
  }

  held.release()
  const results = await Promise.all(working)

  expect(held.held).toHaveLength(3)
  expect(results.map((rows) => rows.map(({ id }) => String(id).split('/').at(-1)))).toEqual([
    ['apart-ann'],
    ['apart-bob'],
    ['apart-eve'],
  ])
  expect(await lab.call('iasql_preview')).toEqual([])
})

test('a second apply does what is free, says who holds the rest, and plans that afresh once it is free', async () => {
  const held = holding('CreateQueue', 'taken')
  await insert('taken')
  const first = applyOf('ann')
  await held.arrived()
  await lab.user.run(`UPDATE queue SET visibility_timeout = 33 WHERE name = 'taken'`)
  await insert('free')
  const second = applyOf('bob')
  await until(async () => (await waitingExecutions()).length === 1)
  const [waiting] = await waitingExecutions()
  const [free] = await lab.user.query<{ url: string | null }>(`SELECT url FROM queue WHERE name = 'free'`)
  const [notice = ''] = await noticesOf(waiting?.execution_id ?? 0)

  held.release()
  const [firstRows, secondRows] = await Promise.all([first, second])

  expect(free?.url).not.toBeNull()
  const holder = firstRows[0]?.execution_id
  expect(notice).toBe(
    `1 changes wait (queue taken): their rows, or what they depend on, are being changed by execution ${holder} of ann.`,
  )
  expect(firstRows.map(lineOf)).toEqual(['create queue'])
  expect(secondRows.map(lineOf)).toEqual(['create queue', 'update queue'])
  expect(callsAbout('CreateQueue', '"taken"')).toBe(1)
  expect(await lab.call('iasql_preview')).toEqual([])
})

test('what depends on a held row waits with it', async () => {
  const held = holding('CreateVpc', '10.60.0.0/16')
  await lab.user.run(`INSERT INTO vpc (cidr_block) VALUES ('10.60.0.0/16')`)
  const first = applyOf('ann')
  await held.arrived()
  await lab.user.run(
    `INSERT INTO subnet (vpc_id, cidr_block, availability_zone)
     SELECT id, '10.60.1.0/24', (SELECT name FROM availability_zone ORDER BY name LIMIT 1)
     FROM vpc WHERE cidr_block = '10.60.0.0/16'`,
  )
  const second = applyOf('bob')
  await until(async () => (await waitingExecutions()).length === 1)
  const before = callsAbout('CreateSubnet', '10.60.1.0/24')

  held.release()
  await first
  const rows = await second

  expect(before).toBe(0)
  expect(rows.map(lineOf)).toEqual(['create subnet'])
  expect(callsAbout('CreateVpc', '10.60.0.0/16')).toBe(1)
  expect(await lab.call('iasql_preview')).toEqual([])
})

test('what must go first is waited for too', async () => {
  const held = holding('DeleteSubnet', 'subnet-')
  await lab.user.run(`DELETE FROM subnet WHERE cidr_block = '10.60.1.0/24'`)
  const first = applyOf('ann')
  await held.arrived()
  await lab.user.run(`DELETE FROM vpc WHERE cidr_block = '10.60.0.0/16'`)
  const second = applyOf('bob')
  await until(async () => (await waitingExecutions()).length === 1)
  const before = cloud.made.filter(({ operation }) => operation === 'DeleteVpc').length

  held.release()
  await first
  const rows = await second

  expect(before).toBe(0)
  expect(rows.map(lineOf)).toContain('delete vpc')
  expect(await lab.call('iasql_preview')).toEqual([])
})

test('an apply that waits does only what it waited for, not what others edited meanwhile', async () => {
  const held = holding('CreateQueue', 'first-come')
  await insert('first-come')
  const first = applyOf('ann')
  await held.arrived()
  await lab.user.run(`UPDATE queue SET delay_seconds = 5 WHERE name = 'first-come'`)
  const second = applyOf('bob')
  await until(async () => (await waitingExecutions()).length === 1)
  await insert('unasked')

  held.release()
  await first
  const rows = await second

  expect(rows.map(lineOf)).toEqual(['update queue'])
  expect((await lab.call('iasql_preview')).map(({ natural_name: name }) => name)).toEqual(['unasked'])
  await lab.call('iasql_apply')
})

test('what the one that held a row could not do, the one that waited for it does', async () => {
  const held = holding('CreateQueue', 'refused-once')
  await insert('refused-once')
  const first = applyOf('ann').catch((error: IasqlError) => error)
  await held.arrived()
  const second = applyOf('bob')
  await until(async () => (await waitingExecutions()).length === 1)

  held.refuse(new IasqlError('cloud/denied', 'not yours'))

  expect(await first).toMatchObject({ code: 'apply/changes-failed' })
  expect((await second).map(lineOf)).toEqual(['create queue'])
  expect(callsAbout('CreateQueue', '"refused-once"')).toBe(1)
  expect(await lab.call('iasql_preview')).toEqual([])
})

test('an edit that is taken back while it is applied is taken back in the cloud too', async () => {
  await insert('regretted')
  await lab.call('iasql_apply')
  await lab.user.run(`UPDATE queue SET delay_seconds = 60 WHERE name = 'regretted'`)
  const held = holding('SetQueueAttributes', '/regretted')
  const first = applyOf('ann')
  await held.arrived()
  await lab.user.run(`UPDATE queue SET delay_seconds = 0 WHERE name = 'regretted'`)
  const second = applyOf('bob')
  await until(async () => (await waitingExecutions()).length === 1)

  held.release()
  await first

  expect((await second).map(lineOf)).toEqual(['update queue'])
  expect(callsAbout('SetQueueAttributes', '/regretted')).toBe(2)
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await lab.call('iasql_sync')).toEqual([])
})

test('a row that is deleted while it is made is deleted in the cloud too', async () => {
  const held = holding('CreateQueue', 'short-lived')
  await insert('short-lived')
  const first = applyOf('ann')
  await held.arrived()
  await lab.user.run(`DELETE FROM queue WHERE name = 'short-lived'`)
  const second = applyOf('bob')
  await until(async () => (await waitingExecutions()).length === 1)

  held.release()
  await first

  expect((await second).map(lineOf)).toEqual(['delete queue'])
  expect(callsAbout('CreateQueue', '"short-lived"')).toBe(1)
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await lab.call('iasql_sync')).toEqual([])
})

test('claimed => skip names at once what it left out and who holds it', async () => {
  const held = holding('CreateQueue', 'left')
  await insert('left')
  const first = applyOf('ann')
  await held.arrived()
  await insert('done-at-once')

  const rows = await applyOf('bob', [null, false, true, 'skip'])
  const executionId = Number(rows[0]?.execution_id)
  held.release()
  const [{ execution_id: holder }] = (await first) as [Row]

  expect(rows.map(({ id }) => String(id).split('/').at(-1))).toEqual(['done-at-once'])
  expect(await noticesOf(executionId)).toEqual([
    `1 changes are left out (queue left): their rows, or what they depend on, are being changed by execution ${holder} of ann.`,
  ])
})

test('three applies of one row take turns, and the last edit is what the cloud has', async () => {
  const held = holding('CreateQueue', 'shared')
  await insert('shared')
  const first = applyOf('ann')
  await held.arrived()
  await lab.user.run(`UPDATE queue SET visibility_timeout = 41 WHERE name = 'shared'`)
  const second = applyOf('bob')
  await until(async () => (await waitingExecutions()).length === 1)
  await lab.user.run(`UPDATE queue SET visibility_timeout = 42 WHERE name = 'shared'`)
  const third = applyOf('eve')
  await until(async () => (await waitingExecutions()).length === 2)

  held.release()
  const [firstRows, ...later] = await Promise.all([first, second, third])

  expect(firstRows.map(lineOf)).toEqual(['create queue'])
  // Whoever comes first does it for both.
  expect(later.flat().map(lineOf)).toEqual(['update queue'])
  expect(callsAbout('CreateQueue', '"shared"')).toBe(1)
  expect(callsAbout('SetQueueAttributes', '/shared"')).toBe(1)
  expect(await lab.user.query(`SELECT visibility_timeout FROM queue WHERE name = 'shared'`)).toEqual([
    { visibility_timeout: 42 },
  ])
  expect(await lab.call('iasql_sync')).toEqual([])
})
