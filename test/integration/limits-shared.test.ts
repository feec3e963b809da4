/** Buckets that several workers draw from, on a clock that stands still while anybody works. */
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { bucketOf } from '#engine/throttle/buckets.ts'
import { type LimitedCall, type Limits, sharedLimits } from '#operations/limits/shared-limits.ts'
import type { DataApi } from '#postgres/data-api.ts'
import { type Database, databaseOver } from '#postgres/database.ts'
import { type InProcessDataApi, inProcessDataApi } from '#postgres/in-process-data-api.ts'
import { migratePlatform } from '#postgres/migrate.ts'
import { takeTokens } from '#postgres/statements/bucket-take.ts'
import { startTestCluster, type TestCluster } from '#test/support/cluster.ts'
import { type DatabaseTime, openDatabaseTime, timedDataApi } from '#test/support/simulated/timed-data-api.ts'
import { VirtualClock } from '#test/support/simulated/virtual-clock.ts'

const clock = new VirtualClock()
let cluster: TestCluster
let time: DatabaseTime
let dataApi: InProcessDataApi
let db: Database
let requests = 0

beforeAll(async () => {
  cluster = await startTestCluster()
  time = await openDatabaseTime(cluster)
  dataApi = inProcessDataApi({ host: cluster.host, port: cluster.port, secrets: cluster.secrets })
  const timed = timedDataApi(dataApi, clock, time)
  const counted: DataApi = {
    ...timed,
    execute(request) {
      requests += 1
      return timed.execute(request)
    },
  }
  db = databaseOver(counted, { secret: 'iasql/platform', database: cluster.database })
  await migratePlatform(db)
})
afterAll(async () => {
  await dataApi.close()
  await time.close()
  await cluster.stop()
})
beforeEach(async () => {
  await db.run('DELETE FROM iasql_platform.bucket')
  requests = 0
})

const place = { accountId: '123456789012', region: 'eu-west-1' }
const call = (operation: string, more: Partial<LimitedCall> = {}): LimitedCall => ({
  service: 'EC2',
  operation,
  place,
  ...more,
})
const worker = (): Limits => sharedLimits({ db, clock, log: () => undefined })
const always = new AbortController().signal

/** When each draw was let through, milliseconds from now. */
async function drawAll(
  draws: readonly { readonly by: Limits; readonly afterMs: number; readonly priorityMs?: number }[],
  drawn: LimitedCall,
): Promise<readonly number[]> {
  const startMs = clock.nowMs
  return await Promise.all(
    draws.map(async ({ by, afterMs, priorityMs = 0 }) => {
      if (afterMs > 0) await clock.sleep(afterMs)
      await by.draw({ ...drawn, priorityMs }, always)
      return clock.nowMs - startMs
    }),
  )
}

const times = <Item>(count: number, item: (index: number) => Item): readonly Item[] =>
  Array.from({ length: count }, (_, index) => item(index))

/** The most by which any window of time has more calls than its bucket gives. */
function overdraft(sentMs: readonly number[], operation: string): number {
  const { burst, refillPerSecond } = bucketOf('EC2', operation)
  const sorted = [...sentMs].sort((a, b) => a - b)
  return Math.max(
    ...sorted.flatMap((from, first) =>
      sorted.slice(first).map((to, count) => count + 1 - burst - ((to - from) / 1_000) * refillPerSecond),
    ),
  )
}

test('any number of workers together draw no more than the burst and what is refilled', async () => {
  const draw = fc.record({ who: fc.nat(2), afterMs: fc.nat(20_000) })
  const operations = fc.constantFrom('CreateVpcEndpoint', 'RunInstances', 'CreateVpc', 'DescribeVpcs')
  await fc.assert(
    fc.asyncProperty(
      operations,
      fc.array(draw, { maxLength: 150 }),
      fc.boolean(),
      async (operation, draws, isRush) => {
        await db.run('DELETE FROM iasql_platform.bucket')
        const workers = times(3, worker)

        const sentMs = await drawAll(
          draws.map(({ who, afterMs }) => ({ by: workers[who] ?? worker(), afterMs: isRush ? 0 : afterMs })),
          call(operation),
        )

        expect(overdraft(sentMs, operation)).toBeLessThan(0.01)
      },
    ),
    { numRuns: 40 },
  )
})

test('what the bucket gives is used up: nobody waits longer than its rate demands', async () => {
  const [one, other] = [worker(), worker()]

  const sentMs = await drawAll(
    times(150, (index) => ({ by: index % 2 ? one : other, afterMs: 0 })),
    call('CreateVpc'),
  )

  // Half a second for what may be kept at hand.
  expect(Math.max(...sentMs)).toBeLessThanOrEqual(((150 - 50) / 5) * 1_000 + 500)
})

test('a round trip serves many calls', async () => {
  const one = worker()

  await drawAll(
    times(150, () => ({ by: one, afterMs: 0 })),
    call('CreateVpc'),
  )
  const atOnce = requests
  for (const _ of times(60, String)) await one.draw({ ...call('DescribeVpcs'), priorityMs: 0 }, always)

  // About one a second while 100 calls are spaced out over 20 seconds; reads one after the other share them, too.
  expect(atOnce).toBeLessThanOrEqual(25)
  expect(requests - atOnce).toBeLessThanOrEqual(10)
})

test('what has waited long goes before what is urgent and has just come', async () => {
  const one = worker()
  await drawAll(
    times(4, () => ({ by: one, afterMs: 0 })),
    call('CreateVpcEndpoint'),
  )

  const [patient = 0, ...urgent] = await drawAll(
    [
      { by: one, afterMs: 0 },
      ...times(20, (index) => ({ by: one, afterMs: index * 1_000, priorityMs: 5_000 })),
    ],
    call('CreateVpcEndpoint'),
  )

  expect(urgent.filter((sentMs) => sentMs < patient).length).toBeLessThanOrEqual(6)
  expect(Math.min(...urgent)).toBeLessThanOrEqual(patient)
})

test('a throttling answer to one worker slows the others, and the pace comes back', async () => {
  const [one, other] = [worker(), worker()]
  await drawAll([{ by: one, afterMs: 0 }], call('CreateVpc'))

  await Promise.all(times(5, () => one.slowDown(call('CreateVpc'))))
  const slowed = await drawAll(
    times(5, () => ({ by: other, afterMs: 0 })),
    call('CreateVpc'),
  )
  await clock.sleep(120_000)
  const recovered = await drawAll(
    times(5, () => ({ by: other, afterMs: 0 })),
    call('CreateVpc'),
  )

  expect(slowed[0]).toBeGreaterThan(300)
  expect(Math.max(...slowed)).toBeGreaterThan(1_500)
  expect(Math.max(...slowed)).toBeLessThan(2_100)
  expect(recovered).toEqual([0, 0, 0, 0, 0])
})

test('accounts and regions have buckets of their own, and global services one for all regions', async () => {
  const one = worker()
  const empty = (drawn: LimitedCall, count: number) =>
    drawAll(
      times(count, () => ({ by: one, afterMs: 0 })),
      drawn,
    )
  await empty(call('CreateVpcEndpoint'), 4)
  const elsewhere = { accountId: place.accountId, region: 'us-east-1' }

  const [here] = await empty(call('CreateVpcEndpoint'), 1)
  const [inRegion] = await empty(call('CreateVpcEndpoint', { place: elsewhere }), 1)
  const [inAccount] = await empty(call('CreateVpcEndpoint', { place: { ...place, accountId: '2' } }), 1)
  await empty(call('CreateHealthCheck', { service: 'Route 53' }), 50)
  const [inAnyRegion = 0] = await empty(
    call('CreateHealthCheck', { service: 'Route 53', place: elsewhere }),
    1,
  )

  expect(here).toBeGreaterThan(1_000)
  expect([inRegion, inAccount]).toEqual([0, 0])
  expect(inAnyRegion).toBeGreaterThan(500)
})

test('whoever gives up stops waiting at once, and others get the token', async () => {
  const one = worker()
  await drawAll(
    times(4, () => ({ by: one, afterMs: 0 })),
    call('CreateVpcEndpoint'),
  )
  const impatient = new AbortController()

  const startMs = clock.nowMs
  const given = one
    .draw({ ...call('CreateVpcEndpoint'), priorityMs: 60_000 }, impatient.signal)
    .catch(() => clock.nowMs)
  const waiting = drawAll([{ by: one, afterMs: 10 }], call('CreateVpcEndpoint'))
  await clock.sleep(20)
  impatient.abort()

  expect(await given).toBe(startMs + 20)
  expect((await waiting)[0]).toBeLessThan(3_500)
})

test('while the database does not answer calls wait, and go when it is back', async () => {
  let isAway = true
  const flaky: Database = {
    ...db,
    query: async (sql, parameters) => {
      if (isAway) throw new Error('no connection')
      return await db.query(sql, parameters)
    },
  }
  const one = sharedLimits({ db: flaky, clock, log: () => undefined })

  const sent = drawAll([{ by: one, afterMs: 0 }], call('CreateVpc'))
  await clock.sleep(1_200)
  isAway = false

  expect(await sent).toEqual([1_500])
})

test('requests of many workers at the same moment lose no update and do not lock each other out', async () => {
  const straight = databaseOver(dataApi, { secret: 'iasql/platform', database: cluster.database })
  const names = ['ec2:CreateVpc', 'ec2:CreateSubnet', 'ec2:DescribeVpcs']
  const asksOf = (order: readonly string[]) =>
    order.map((name) => ({
      ...{ account_id: '1', region: 'eu-west-1', name, capacity: 50, per_second: 5 },
      ...{ wanted: 2, spare: 0 },
    }))

  const grants = await Promise.all(
    times(40, (index) => takeTokens(straight, asksOf(index % 2 ? names : [...names].reverse()))),
  )

  const left = await db.query<{ name: string; tokens: number }>(
    'SELECT name, tokens FROM iasql_platform.bucket ORDER BY name',
  )
  const granted = grants.flat().filter(({ name }) => name === 'ec2:CreateVpc')
  expect(granted.reduce((sum, grant) => sum + grant.granted, 0)).toBe(80)
  // No time passes meanwhile.
  expect(left.map(({ tokens }) => tokens)).toEqual([-30, -30, -30])
})
