/** Nothing that goes on is silent for ten seconds, and how far it is can be read while it goes on. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { stepExecution } from '#operations/execution/step-execution.ts'
import type { Ports } from '#operations/ports.ts'
import { createTenant } from '#operations/tenant/create-tenant.ts'
import { databaseOver } from '#postgres/database.ts'
import { gatedCloud } from '#test/support/gated-cloud.ts'
import { type HandClock, handClock } from '#test/support/hand-clock.ts'
import { until } from '#test/support/host.ts'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
let clock: HandClock
/** By the clock of the test. */
let slow: Ports
const cloud = gatedCloud()

beforeAll(async () => {
  lab = await openTenantLab({ wrapCloud: cloud.wrap })
  await lab.call('iasql_install', [['aws_sqs']])
})
beforeEach(() => {
  clock = handClock()
  slow = clock.on(lab.ports)
})
afterAll(async () => {
  await lab.close()
})

interface Beat {
  readonly seq: number
  readonly change: string | null
  readonly table: string | null
  readonly state: string
  readonly message: string
  readonly elapsed: number
}

const progressOf = (executionId: string) =>
  lab.user.query<Beat>(
    `SELECT seq, body->>'changeId' AS change, body->>'table' AS table, body->>'state' AS state,
       body->>'message' AS message, (body->>'elapsedMs')::int AS elapsed
     FROM iasql_event WHERE execution_id = ${executionId} AND kind = 'progress' ORDER BY seq`,
  )

/** The longest time of which nothing was told. */
const longestSilence = (beats: readonly Beat[]): number =>
  Math.max(...beats.map(({ elapsed }, index) => elapsed - (beats[index - 1]?.elapsed ?? 0)))

const countsOf = async (executionId: string) =>
  (
    await lab.user.query(
      `SELECT state, done, failed, total FROM iasql_execution WHERE execution_id = ${executionId}`,
    )
  )[0]

test('a change in a long call is told of at least every ten seconds, with the time that it has taken', async () => {
  const held = cloud.hold('request', ({ operation }) => operation === 'CreateQueue')
  await lab.user.run(`INSERT INTO queue (name) VALUES ('long')`)
  const executionId = await lab.begin('iasql_apply')
  const driving = lab.drive(executionId, slow)
  await clock.during(held.arrived())

  await clock.advance(25_000)
  held.release()
  await clock.during(driving)

  const beats = (await progressOf(executionId)).filter(({ change }) => change !== null)
  expect(longestSilence(beats)).toBeLessThanOrEqual(10_000)
  expect(beats.filter(({ state }) => state === 'started').length).toBeGreaterThanOrEqual(3)
  expect(beats.at(-1)).toMatchObject({ table: 'queue', state: 'done' })
  expect(beats.at(-1)?.elapsed).toBeGreaterThanOrEqual(25_000)
})

test('counts what has ended while the rest goes on', async () => {
  const held = cloud.hold(
    'request',
    ({ operation, text }) => operation === 'CreateQueue' && /slow/.test(text),
  )
  await lab.user.run(`INSERT INTO queue (name) VALUES ('quick-1'), ('quick-2'), ('slow')`)
  const executionId = await lab.begin('iasql_apply')
  const driving = lab.drive(executionId)
  await held.arrived()
  await until(
    async () => (await lab.user.query(`SELECT 1 AS one FROM queue WHERE name LIKE 'quick%'`)).length === 2,
  )
  await until(async () => {
    const ended = `SELECT 1 AS one FROM iasql_change WHERE execution_id = ${executionId} AND state = 'done'`
    return (await lab.user.query(ended)).length === 2
  })
  const meanwhile = await countsOf(executionId)

  held.release()
  await driving

  expect(meanwhile).toEqual({ state: 'running', done: 2, failed: 0, total: 3 })
  expect(await countsOf(executionId)).toEqual({ state: 'succeeded', done: 3, failed: 0, total: 3 })
})

/** A first apply that is held at the cloud, and a second one that waits for its row. */
const waitingFor = async (name: string) => {
  const held = cloud.hold(
    'request',
    ({ operation, text }) => operation === 'CreateQueue' && text.includes(name),
  )
  await lab.user.run(`INSERT INTO queue (name) VALUES ('${name}')`)
  const first = await lab.begin('iasql_apply')
  const driving = lab.drive(first)
  await held.arrived()
  await lab.user.run(`UPDATE queue SET delay_seconds = 7 WHERE name = '${name}'`)
  const second = await lab.begin('iasql_apply', [null, false, true, 'wait'], { actor: 'bob' })
  const look = () => clock.during(stepExecution(slow, { tenantId: lab.tenant.id, executionId: second }))
  return { held, driving, first, second, look }
}

test('an apply that waits for rows of another says so at least every ten seconds, and who that is', async () => {
  const { held, driving, first, second, look } = await waitingFor('awaited')
  for (let looks = 0; looks < 15; looks++) {
    const next = await look()
    if (next.next === 'wait') await clock.advance(next.seconds * 1_000)
  }
  const beats = (await progressOf(second)).filter(({ state }) => state === 'waiting')
  const state = await countsOf(second)

  held.release()
  await driving
  await lab.drive(second)

  expect(state).toMatchObject({ state: 'waiting' })
  expect(longestSilence(beats)).toBeLessThanOrEqual(10_000)
  expect(beats.length).toBeGreaterThanOrEqual(3)
  expect(beats.at(-1)?.message).toBe(`1 changes wait for rows that execution ${first} of ann is changing`)
  expect(await countsOf(second)).toMatchObject({ state: 'succeeded', done: 1, total: 1 })
})

test('an apply waits ten minutes at most, and leaves the rest for the next one', async () => {
  const { held, driving, first, second, look } = await waitingFor('patient')
  await look()
  await clock.advance(595_000)
  const before = await look()
  await clock.advance(10_000)

  const after = await look()

  expect(before).toMatchObject({ next: 'wait' })
  expect(after).toEqual({ next: 'done' })
  const [{ message }] = (await lab.user.query(
    `SELECT body->>'message' AS message FROM iasql_event
     WHERE execution_id = ${second} AND kind = 'notice' ORDER BY seq DESC LIMIT 1`,
  )) as [{ message: string }]
  expect(message).toContain(`still being changed by execution ${first} of ann`)
  held.release()
  await driving
  expect(await lab.call('iasql_apply')).toMatchObject([{ action: 'update', table_name: 'queue' }])
})

test('a sync tells which table it reads, again and again', async () => {
  const held = cloud.hold('request', ({ operation }) => operation === 'ListQueues')
  const executionId = await lab.begin('iasql_sync')
  const driving = lab.drive(executionId, slow)
  await clock.during(held.arrived())

  await clock.advance(21_000)
  held.release()
  await clock.during(driving)

  const beats = (await progressOf(executionId)).filter(({ table }) => table === 'queue')
  expect(longestSilence(beats)).toBeLessThanOrEqual(10_000)
  expect(beats.map(({ state }) => state)).toEqual(expect.arrayContaining(['started', 'done']))
})

test('events are a relation that tenants read, each its own', async () => {
  const other = await createTenant(lab.ports, { alias: 'other', secrets: lab.secrets })
  const stranger = databaseOver(lab.ports.dataApi, other.reader)
  const query = `SELECT execution_id, run_id, seq, at, kind, body FROM iasql_event WHERE execution_id IS NOT NULL`

  const own = await lab.user.query<{ execution_id: number; seq: number }>(
    `${query} ORDER BY execution_id, seq`,
  )

  for (const events of Map.groupBy(own, ({ execution_id: id }) => id).values()) {
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
  }
  expect(own.length).toBeGreaterThan(0)
  expect(await stranger.query(query)).toEqual([])
  await expect(stranger.query(`SELECT 1 AS one FROM ${lab.tenant.schema}.iasql_event`)).rejects.toThrow(
    /permission denied/,
  )
})
