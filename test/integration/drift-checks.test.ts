/** Drift checks on schedule: when they come, what they tell, what they leave alone, and where they look. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startDriftChecks } from '#operations/drift/start-drift-checks.ts'
import { atTenant } from '#operations/tenant/cell.ts'
import { storeSchedule, takeDueChecks } from '#postgres/statements/drift-schedule.ts'
import { type DriftLab, openDriftLab } from '#test/support/drift-lab.ts'
import { VeiledCloud } from '#test/support/veiled-cloud.ts'

const veil = new VeiledCloud()
let drift: DriftLab

beforeAll(async () => {
  drift = await openDriftLab({ wrapCloud: veil.wrap })
  await drift.lab.call('iasql_install', [['aws_sqs']])
})
beforeEach(async () => {
  await drift.set('automatic_mode', 'off')
  await drift.set('drift_paused', 'off')
  await drift.set('drift_interval', 'off')
  await drift.set('drift_interval', '5')
  drift.news.length = 0
})
afterAll(async () => {
  await drift.close()
})

const makeQueue = async (name: string): Promise<void> => {
  await drift.lab.user.run(`INSERT INTO queue (name, visibility_timeout) VALUES ('${name}', 60)`)
  await drift.lab.call('iasql_apply')
}
const secondsOf = async (name: string): Promise<number | undefined> => {
  const rows = await drift.lab.user.query<{ visibility_timeout: number }>(
    `SELECT visibility_timeout FROM queue WHERE name = '${name}'`,
  )
  return rows[0]?.visibility_timeout
}
const driftOf = (name: string): Promise<readonly object[]> =>
  drift.lab.user.query(`SELECT column_name, table_value, cloud_value, policy, first_seen IS NOT NULL AS since
    FROM iasql_drift WHERE natural_name = '${name}'`)
const checks = async (): Promise<number> =>
  (await drift.executions()).filter((told) => told === 'sync iasql').length
const queuesTold = (): readonly unknown[] => drift.news.filter(([kind]) => kind === 'drift found')
const inMinutes = (minutes: number): Date => new Date(drift.ports.clock.now().getTime() + minutes * 60_000)
const topicKinds = async (): Promise<readonly object[]> =>
  drift.lab.ports.platform.query(
    `SELECT kind, body->>'table' AS "table" FROM ${drift.lab.tenant.schema}.iasql_topic_event
     WHERE topic = 'drift' ORDER BY seq`,
  )

test('a check tells what differs, since when, and changes nothing in the tables', async () => {
  await makeQueue('told')
  await drift.changeInCloud('told', 45)
  await drift.makeInCloud('stranger')
  await drift.tick(6)

  expect(await secondsOf('told')).toBe(60)
  expect(await secondsOf('stranger')).toBeUndefined()
  expect(await driftOf('told')).toEqual([
    { column_name: 'visibility_timeout', table_value: 60, cloud_value: 45, policy: 'track', since: true },
  ])
  expect(queuesTold()).toEqual([
    [
      'drift found',
      expect.objectContaining({ tenant: 'local', tables: [{ table: 'queue', rows: 1, taken: 0 }] }),
    ],
  ])
  expect(await topicKinds()).toEqual([{ kind: 'found', table: 'queue' }])
  expect(await drift.lab.call('iasql_preview')).toEqual([])
})

test('what is known already is told no second time, and a sync takes over what was only listed', async () => {
  await drift.tick(6)

  expect(queuesTold()).toEqual([])
  expect(await topicKinds()).toHaveLength(1)
  await drift.lab.call('iasql_sync')
  expect(await secondsOf('told')).toBe(45)
  expect(await secondsOf('stranger')).toBe(30)
  expect(await driftOf('told')).toEqual([])
})

test('in mode sync a check takes over what the policy says, and leaves edits and observed columns alone', async () => {
  await makeQueue('followed')
  await makeQueue('edited')
  await makeQueue('observed')
  await drift.lab.user.run(`INSERT INTO iasql_drift_policy (table_name, row_id, policy)
    SELECT 'queue', id, 'observe' FROM queue WHERE name = 'observed'`)
  await drift.set('automatic_mode', 'sync')
  for (const name of ['followed', 'edited', 'observed']) await drift.changeInCloud(name, 50)
  await drift.lab.user.run(`UPDATE queue SET visibility_timeout = 70 WHERE name = 'edited'`)
  await drift.tick(6)

  expect(await secondsOf('followed')).toBe(50)
  expect(await secondsOf('edited')).toBe(70)
  expect(await secondsOf('observed')).toBe(60)
  expect(queuesTold()).toEqual([
    ['drift found', expect.objectContaining({ tables: [{ table: 'queue', rows: 2, taken: 1 }] })],
  ])
  await drift.lab.call('iasql_apply')
})

test('comes once for each interval, however often the schedule calls at once', async () => {
  const before = await checks()
  await drift.tick(6, 3)
  const perCheck = (await checks()) - before
  await drift.tick(1)

  // Of the region; outside of regions nothing was found in three checks.
  expect(perCheck).toBe(1)
  expect(await checks()).toBe(before + 1)
})

test('checks of tenants with the same interval are spread over it, and each next one by a tenth', async () => {
  const { platform } = drift.lab.ports
  const minutesUntilNext = async (): Promise<number> => {
    const [row] = await platform.query<{ minutes: number }>(
      `SELECT (extract(epoch FROM next_at - '2027-01-01Z'::timestamptz) / 60)::float8 AS minutes
       FROM iasql_platform.drift_schedule`,
    )
    return row?.minutes ?? 0
  }
  const times = async (store: () => Promise<unknown>): Promise<readonly number[]> => {
    const all: number[] = []
    for (let time = 0; time < 12; time++) {
      await store()
      all.push(await minutesUntilNext())
    }
    return all.toSorted((one, other) => one - other)
  }
  const now = new Date('2027-01-01Z')
  const tenantId = drift.lab.tenant.id
  const store = (minutes: number | null) =>
    storeSchedule(platform, { tenantId, minutes, isApplied: false, now })

  const first = await times(async () => [await store(null), await store(100)])
  const later = await times(async () => {
    await platform.run(
      'UPDATE iasql_platform.drift_schedule SET next_at = :now::timestamptz, running_since = NULL',
      {
        now: now.toISOString(),
      },
    )
    await takeDueChecks(platform, { now, most: 1 })
  })
  await platform.run('UPDATE iasql_platform.drift_schedule SET running_since = NULL')

  expect([(first[0] ?? 0) >= 10, (first.at(-1) ?? 0) <= 100]).toEqual([true, true])
  expect((first.at(-1) ?? 0) - (first[0] ?? 0)).toBeGreaterThan(20)
  expect([(later[0] ?? 0) >= 90, (later.at(-1) ?? 0) <= 110]).toEqual([true, true])
  expect((later.at(-1) ?? 0) - (later[0] ?? 0)).toBeGreaterThan(2)
})

test.each([
  ['drift_paused', 'on', 'off'],
  ['drift_interval', 'off', '5'],
])('none comes while %s is %s', async (name, off, on) => {
  const before = await checks()
  await drift.set(name, off)
  await drift.tick(12)
  const meanwhile = await checks()
  await drift.set(name, on)
  await drift.tick(6)

  expect(meanwhile).toBe(before)
  expect(await checks()).toBeGreaterThan(before)
})

test('none comes to a suspended tenant', async () => {
  const suspend = (state: string) =>
    drift.lab.ports.platform.run('UPDATE iasql_platform.tenant SET state = :state', { state })
  const before = await checks()
  await suspend('suspended')
  await drift.tick(6)
  const meanwhile = await checks()
  await suspend('active')
  await drift.tick(6)

  expect(meanwhile).toBe(before)
  expect(await checks()).toBeGreaterThan(before)
})

test('waits for a sync that somebody has begun, and comes soon after it', async () => {
  const before = await checks()
  const executionId = await drift.lab.begin('iasql_sync')
  await drift.tick(6)
  const meanwhile = await checks()
  await drift.lab.drive(executionId)
  await drift.tick(2)

  expect(meanwhile).toBe(before)
  expect(await checks()).toBeGreaterThan(before)
})

test('a check that never came to its end holds up the next one for two hours and no longer', async () => {
  const before = await checks()
  const { clock } = drift.ports
  const lost = { start: async () => undefined }
  const { ports } = await atTenant(drift.ports, drift.lab.tenant.id)
  await startDriftChecks({ ...ports, machines: lost, clock: { ...clock, now: () => inMinutes(6) } })
  await drift.tick(20)
  const meanwhile = await checks()
  await drift.tick(121)

  expect(meanwhile).toBe(before)
  expect(await checks()).toBeGreaterThan(before)
})

test('a place that cannot be read keeps no other from being looked at, and the next check comes', async () => {
  await drift.lab.user.run(`UPDATE aws_regions SET is_enabled = true WHERE region = 'eu-west-1'`)
  await makeQueue('readable')
  await drift.changeInCloud('readable', 45)
  veil.deniedRegion = 'eu-west-1'
  await drift.tick(6)
  const first = await checks()
  veil.reveal()
  await drift.tick(6)

  expect(await driftOf('readable')).toHaveLength(1)
  expect(await checks()).toBe(first + 2)
  const errors = await drift.lab.user.query<{ message: string }>('SELECT message FROM iasql_get_errors()')
  expect(errors.some(({ message }) => message.includes('not allowed there'))).toBe(true)
})

test('a region in which nothing ever was is looked at seldom', async () => {
  const callsThere = () => drift.lab.calls.filter(({ place }) => place.region === 'eu-west-1').length
  const callsOf = async (minutes: number): Promise<number> => {
    const before = callsThere()
    await drift.tick(minutes)
    return callsThere() - before
  }
  for (const minutes of [6, 6, 6]) await drift.tick(minutes)

  expect(await callsOf(6)).toBe(0)
  expect(await callsOf(6)).toBe(0)
  expect(await callsOf(60)).toBeGreaterThan(0)
  expect(drift.errors).toEqual([])
})
