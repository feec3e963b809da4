/** A target that is replaced while others are making, or making again, what points at it: everything ends in the new one. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Json } from '#engine/model/json.ts'
import { openSimulatedLab, type SimulatedLab, type Worker } from '#test/support/simulated/lab.ts'
import { calm } from '#test/support/simulated/weather.ts'

type Kind = 'network' | 'segment' | 'gateway' | 'server'

let lab: SimulatedLab
let ann: Worker
let bob: Worker

beforeAll(async () => {
  // Between the end of an old segment and the new one there is time to look around.
  const latency = (operation: string) => ({
    readMs: 60,
    writeMs: /^Create(Segment|Server)$/.test(operation) ? 4_000 : 300,
  })
  lab = await openSimulatedLab({ latency })
  ann = lab.openWorker()
  bob = lab.openWorker()
  await ann.call('iasql_install', [['sim']])
})
beforeEach(async () => {
  await lab.user.transaction(async (transaction) => {
    for (const table of ['server', 'gateway', 'segment', 'network'])
      await transaction.run(`DELETE FROM ${table}`)
  })
  await ann.call('iasql_apply')
  await lab.clock.sleep(100_000)
  await lab.user.run(`INSERT INTO network (cidr) VALUES ('10.0.0.0/16')`)
})
afterAll(() => lab.close())

const all = (kind: Kind) => lab.cloud.world.all(kind)
const standing = (kind: Kind): number => all(kind).filter(({ state }) => state !== 'deleting').length

const addSegment = () =>
  lab.user.run(`INSERT INTO segment (network_id, cidr) SELECT id, '10.0.1.0/24' FROM network`)
const addGateway = () => lab.user.run('INSERT INTO gateway (segment_id) SELECT id FROM segment')
const moveNetwork = () => lab.user.run(`UPDATE network SET cidr = '10.9.0.0/16'`)
const moveSegment = () => lab.user.run(`UPDATE segment SET cidr = '10.0.2.0/24'`)
const apply = (worker: Worker, claimed: 'wait' | 'skip' = 'wait') =>
  worker.call('iasql_apply', [null, false, true, claimed])

const applied = async (): Promise<void> => {
  await apply(ann)
  await lab.clock.sleep(100_000)
}

const lastNotice = async (): Promise<string | undefined> => {
  const [last] = await lab.user.query<{ message: string }>(
    `SELECT body->>'message' AS message FROM iasql_event WHERE kind = 'notice' ORDER BY execution_id DESC, seq DESC LIMIT 1`,
  )
  return last?.message
}

/** As soon as it holds, on the virtual clock. */
const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await lab.clock.sleep(20)
}

/** What each resource is in, as the cloud has it, and what is left to be done. */
async function picture(): Promise<Json> {
  await lab.clock.sleep(100_000)
  await ann.call('iasql_sync')
  const [network, ...otherNetworks] = all('network')
  const [segment, ...otherSegments] = all('segment')
  return {
    cidr: network?.attributes.cidr ?? null,
    isInNetwork: segment?.attributes.network_id === network?.id,
    areInSegment: all('gateway').map(({ attributes }) => attributes.segment_id === segment?.id),
    others: otherNetworks.length + otherSegments.length,
    plan: (await ann.call('iasql_preview')).map(({ description }) => description ?? null),
    sync: (await ann.call('iasql_sync')).length,
  }
}

const atRest = { cidr: '10.9.0.0/16', isInNetwork: true, others: 0, plan: [], sync: 0 }

test('what is being made in a network is there before that is replaced', async () => {
  await applied()
  await addSegment()
  const first = apply(ann)
  await lab.clock.sleep(1_500)
  await moveNetwork()

  await Promise.all([first, apply(bob)])

  expect(await picture()).toEqual({ ...atRest, areInSegment: [] })
})

test('what is between the halves of its own replacement has come back before its network is replaced', async () => {
  await addSegment()
  await addGateway()
  await applied()
  await moveSegment()
  const first = apply(ann)
  await until(() => standing('segment') === 0)
  await lab.clock.sleep(1_000)
  await moveNetwork()

  await Promise.all([first, apply(bob)])

  expect(await picture()).toEqual({ ...atRest, areInSegment: [true] })
})

test('who skips what others claim leaves out what must wait for it, and says so', async () => {
  await addSegment()
  await addGateway()
  await applied()
  await moveSegment()
  const first = apply(ann)
  await until(() => standing('segment') === 0)
  await lab.clock.sleep(1_000)
  await moveNetwork()

  expect(await apply(bob, 'skip')).toEqual([])
  expect(await lastNotice()).toMatch(
    /^\d changes are left out \(.*network.*\): .* are being changed by execution \d+ of ann\.$/,
  )
  await first
  await apply(bob)

  expect(await picture()).toEqual({ ...atRest, areInSegment: [true] })
})

/** Its rulebook came with the network, and comes anew with the next one. */
const addServer = () =>
  lab.user.run('INSERT INTO server (rulebook_id) SELECT id FROM rulebook WHERE is_default')
const obeysNetwork = (): boolean => {
  const [server] = lab.cloud.world.all('server')
  const rulebook = lab.cloud.world.all('rulebook').find(({ id }) => id === server?.attributes.rulebook_id)
  return rulebook !== undefined && rulebook.attributes.network_id === all('network')[0]?.id
}

test('what is being made with a companion of a network is there before that is replaced', async () => {
  await applied()
  await addServer()
  const first = apply(ann)
  await lab.clock.sleep(1_500)
  await moveNetwork()

  await Promise.all([first, apply(bob)])

  expect(await picture()).toMatchObject({ ...atRest, isInNetwork: false })
  expect(obeysNetwork()).toBe(true)
})

test.each(['segment', 'server'] as const)(
  'a network goes after the %s that is being made with it, though both were deleted meanwhile',
  async (user) => {
    await applied()
    await (user === 'segment' ? addSegment() : addServer())
    const first = apply(ann)
    await lab.clock.sleep(1_500)
    await lab.user.transaction(async (transaction) => {
      for (const table of [user, 'network']) await transaction.run(`DELETE FROM ${table}`)
    })
    const refused = lab.cloud.faults.get('refused') ?? 0

    await Promise.all([first, apply(bob)])

    expect([standing('network'), standing(user)]).toEqual([0, 0])
    expect(lab.cloud.faults.get('refused') ?? 0).toBe(refused)
    expect(await ann.call('iasql_preview')).toEqual([])
  },
)

test('an edit of the target that is taken back while others replace it does not let anything into the old one', async () => {
  await applied()
  await moveNetwork()
  const first = apply(ann)
  await until(() => standing('network') === 2)
  await lab.user.run(`UPDATE network SET cidr = '10.0.0.0/16'`)
  await addSegment()

  await Promise.all([first, apply(bob)])

  expect(await picture()).toEqual({ ...atRest, cidr: '10.0.0.0/16', areInSegment: [] })
})

test('what a lost call made in the old network is made anew in the new one', async () => {
  await applied()
  await addSegment()
  lab.cloud.forecast.weather = { ...calm, lost: 1 }
  const first = apply(ann).catch(() => undefined)
  await until(() => standing('segment') === 1)
  const [open] = await lab.user.query<{ execution_id: number }>(
    'SELECT execution_id FROM iasql_execution WHERE ended_at IS NULL',
  )
  await ann.call('iasql_cancel', [open?.execution_id ?? 0])
  await first
  lab.cloud.forecast.weather = calm
  await moveNetwork()

  await apply(bob).catch(() => undefined)
  await lab.clock.sleep(100_000)
  await bob.call('iasql_sync')
  await apply(bob).catch(() => undefined)

  expect(await picture()).toEqual({ ...atRest, areInSegment: [] })
})

test('a plan that was looked at does not replace a network that has more in it by now, and says so', async () => {
  await applied()
  await moveNetwork()
  const [line] = await bob.call('iasql_preview')
  const place = { accountId: '123456789012', region: 'us-east-1' }
  const network_id = all('network')[0]?.id ?? ''
  lab.cloud.world.make(
    { kind: 'segment', place, madeBy: 'stranger' },
    { network_id, cidr: '10.0.3.0/24', tags: {} },
  )
  await lab.clock.sleep(100_000)
  await ann.call('iasql_sync')

  expect(await bob.call('iasql_apply', [line?.plan_id ?? null, false, true, 'wait'])).toEqual([])

  expect(standing('network')).toBe(1)
  expect(await lastNotice()).toMatch(
    /^1 change is left out, needing what has moved or what the plan does not show: replace network net-.*\.$/,
  )
  await apply(bob)
  expect(await picture()).toEqual({ ...atRest, areInSegment: [] })
})
