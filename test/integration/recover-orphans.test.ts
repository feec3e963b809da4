/** What is left in the old half of a replacement that stopped half way: it moves to the new one, and the old one goes after it. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { IasqlError } from '#engine/model/error.ts'
import { gatedCloud } from '#test/support/gated-cloud.ts'
import { openSimulatedLab, type SimulatedLab, type Worker } from '#test/support/simulated/lab.ts'
import { calm } from '#test/support/simulated/weather.ts'

const cloud = gatedCloud()
let lab: SimulatedLab
let worker: Worker

beforeAll(async () => {
  lab = await openSimulatedLab({ wrapCloud: cloud.wrap })
  worker = lab.openWorker()
  await worker.call('iasql_install', [['sim']])
})
beforeEach(async () => {
  await lab.user.transaction(async (transaction) => {
    for (const table of ['server', 'gateway', 'segment', 'network'])
      await transaction.run(`DELETE FROM ${table}`)
  })
  await worker.call('iasql_apply')
  await lab.user.run(`INSERT INTO network (cidr) VALUES ('10.0.0.0/16')`)
  await lab.user.run(`INSERT INTO segment (network_id, cidr) SELECT id, '10.0.1.0/24' FROM network`)
  await lab.user.run('INSERT INTO gateway (segment_id) SELECT id FROM segment')
  await worker.call('iasql_apply')
  await lab.user.run(
    'INSERT INTO server (segment_id, rulebook_id) SELECT s.id, r.id FROM segment s, rulebook r WHERE r.network_id = s.network_id',
  )
  await worker.call('iasql_apply')
  await lab.clock.sleep(100_000)
})
afterAll(() => lab.close())

const standing = (kind: 'network' | 'segment' | 'gateway') =>
  lab.cloud.world.all(kind).filter(({ state }) => state !== 'deleting')
const refusals = (): number => lab.cloud.faults.get('refused') ?? 0

/** The new network and the new segment stand; what is in the old ones stays there. */
async function stopHalfWay(how: 'refused' | 'cancelled'): Promise<void> {
  await lab.user.run(`UPDATE network SET cidr = '10.9.0.0/16'`)
  const applying = worker.call('iasql_apply').catch(() => undefined)
  while (standing('segment').length < 2) await lab.clock.sleep(20)
  if (how === 'refused') lab.cloud.forecast.weather = { ...calm, denied: 1 }
  else await cancelAll()
  await applying
  lab.cloud.forecast.weather = calm
  await lab.clock.sleep(100_000)
}

async function cancelAll(): Promise<void> {
  const open = await lab.user.query<{ execution_id: number }>(
    'SELECT execution_id FROM iasql_execution WHERE ended_at IS NULL',
  )
  for (const { execution_id: id } of open) await worker.call('iasql_cancel', [id])
}

const ends = async () => {
  const refusedBefore = refusals()
  await worker.call('iasql_apply')
  await lab.clock.sleep(100_000)
  const plan = await worker.call('iasql_preview')
  await worker.call('iasql_sync')
  const [network, ...networks] = standing('network')
  const [segment, ...segments] = standing('segment')
  return {
    refused: refusals() - refusedBefore,
    cidr: network?.attributes.cidr,
    isInNetwork: segment?.attributes.network_id === network?.id,
    areInSegment: standing('gateway').map(({ attributes }) => attributes.segment_id === segment?.id),
    others: networks.length + segments.length,
    plan: [...plan, ...(await worker.call('iasql_preview'))],
    sync: await worker.call('iasql_sync'),
  }
}

const wellEnded = {
  ...{ refused: 0, cidr: '10.9.0.0/16', isInNetwork: true, areInSegment: [true], others: 0 },
  ...{ plan: [], sync: [] },
}

test.each(['refused', 'cancelled'] as const)(
  'after a replacement that was %s the next apply takes over what is in the old half, and deletes that when it is empty',
  async (how) => {
    await stopHalfWay(how)
    expect(standing('network')).toHaveLength(2)

    expect(await ends()).toEqual(wellEnded)
  },
)

test('a sync that sees where it is takes nothing of that into the rows', async () => {
  const before = await lab.user.query('SELECT id, segment_id FROM gateway')
  await stopHalfWay('refused')
  await worker.call('iasql_sync')

  expect(await lab.user.query('SELECT id, segment_id FROM gateway')).toEqual(before)
  expect(await ends()).toEqual(wellEnded)
})

test('an old half given up while nobody knew what became of the new one is not forgotten', async () => {
  const creating = cloud.hold('request', ({ operation }) => operation === 'CreateNetwork')
  const deleting = cloud.hold('request', ({ operation }) => operation === 'DeleteServer')
  await lab.user.run(`UPDATE network SET cidr = '10.9.0.0/16'`)
  await lab.user.run('DELETE FROM server')
  const applying = worker.call('iasql_apply').catch(() => undefined)
  await Promise.all([creating.arrived(), deleting.arrived()])
  creating.fail()
  deleting.refuse(new IasqlError('cloud/denied', 'not allowed'))
  await applying
  await lab.clock.sleep(100_000)
  expect(standing('network')).toHaveLength(2)

  await worker.call('iasql_sync')
  await worker.call('iasql_apply')
  await lab.clock.sleep(100_000)

  expect(standing('network').map(({ attributes }) => attributes.cidr)).toEqual(['10.9.0.0/16'])
  expect(await lab.user.query('SELECT cidr FROM network')).toEqual([{ cidr: '10.9.0.0/16' }])
  expect(await worker.call('iasql_preview')).toEqual([])
})
