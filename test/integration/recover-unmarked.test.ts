/** A create without an answer of a kind that nothing can be looked up by: its token tells, else what has come since does. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Row } from '#engine/model/json.ts'
import { recoverExecutions } from '#operations/execution/recover-executions.ts'
import { forget } from '#operations/forget/forget.ts'
import { openSimulatedLab, type SimulatedLab, type Worker } from '#test/support/simulated/lab.ts'
import { calm, type Weather } from '#test/support/simulated/weather.ts'

let lab: SimulatedLab
let worker: Worker
let networkId = ''
/** Longer than tokens are known, and than calls and reads take. */
const forgottenMs = 200_000
const place = { accountId: '123456789012', region: 'us-east-1' }

beforeAll(async () => {
  lab = await openSimulatedLab({ log: () => undefined })
  worker = lab.openWorker()
  await worker.call('iasql_install', [['sim']])
  await lab.user.run(`INSERT INTO network (cidr) VALUES ('10.0.0.0/16')`)
  await worker.call('iasql_apply')
  networkId = lab.cloud.world.all('network')[0]?.id ?? ''
})
beforeEach(() => {
  lab.cloud.forecast.weather = calm
  worker = lab.openWorker()
})
afterAll(() => lab.close())

const wish = (purpose: string, more = '') =>
  lab.user.run(`INSERT INTO portal (network_id, purpose) SELECT id, '${purpose}' FROM network ${more}`)
const there = (purpose: string) =>
  lab.cloud.world.all('portal').filter(({ attributes }) => attributes.purpose === purpose)
const idsOf = (purpose: string) => there(purpose).map(({ id }) => id)
const rowsOf = (purpose: string) =>
  lab.user.query<Row>(`SELECT portal_id FROM portal WHERE purpose = '${purpose}' ORDER BY id`)
const createsOf = () => lab.cloud.calls.filter(({ operation }) => operation === 'CreatePortal').length
const stranger = (purpose: string): string => {
  const attributes = { size: 1, note: null, network_id: networkId, purpose }
  return lab.cloud.world.make({ kind: 'portal', place, madeBy: 'stranger' }, attributes).id
}
const bad = (weather: Partial<Weather>): void => {
  lab.cloud.forecast.weather = { ...calm, ...weather }
}
const failure = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  )

/** The server dies once so many have been made, and another takes over when their tokens are forgotten. */
async function dieAfterMaking(purpose: string, count = 1): Promise<void> {
  void worker.call('iasql_apply').catch(() => undefined)
  bad({ lost: 1 })
  while (there(purpose).length < count) await lab.clock.sleep(20)
  await worker.kill()
  bad({})
  await lab.clock.sleep(forgottenMs)
  worker = lab.openWorker()
}

async function recover(): Promise<void> {
  await recoverExecutions(worker.ports, { sole: true })
  const open = `SELECT 1 AS one FROM iasql_execution WHERE ended_at IS NULL`
  while ((await lab.user.query(open)).length > 0) await lab.clock.sleep(5_000)
}

test('while its token is valid the call is made again, and tells which one is ours', async () => {
  await wish('again')
  bad({ failedAfter: 1 })
  const applying = worker.call('iasql_apply')
  while (there('again').length === 0) await lab.clock.sleep(20)
  const [ours] = idsOf('again')
  bad({})
  stranger('again')

  await applying

  expect(await rowsOf('again')).toEqual([{ portal_id: ours }])
  expect(there('again').filter(({ thing }) => thing.madeBy === 'engine')).toHaveLength(1)
  expect(await worker.call('iasql_preview')).toEqual([])
})

test('afterwards the one that has come since, and is as was asked for, is taken', async () => {
  stranger('single')
  await lab.clock.sleep(20_000)
  await wish('single')
  await dieAfterMaking('single', 2)
  const ours = there('single').find(({ thing }) => thing.madeBy === 'engine')?.id
  lab.cloud.world.make(
    { kind: 'portal', place, madeBy: 'stranger' },
    { size: 7, note: null, network_id: networkId, purpose: 'other' },
  )

  await recover()

  expect(await rowsOf('single')).toEqual([{ portal_id: ours }])
  expect(idsOf('single')).toHaveLength(2)
  expect(await worker.call('iasql_preview')).toEqual([])
})

test('when nothing has come it is made once', async () => {
  await wish('none')
  const before = createsOf()
  void worker.call('iasql_apply').catch(() => undefined)
  bad({ failed: 1 })
  while (createsOf() === before) await lab.clock.sleep(20)
  await lab.clock.sleep(1_000)
  await worker.kill()
  bad({})
  await lab.clock.sleep(forgottenMs)
  worker = lab.openWorker()

  await recover()

  expect(idsOf('none')).toHaveLength(1)
  expect(await rowsOf('none')).toEqual([{ portal_id: idsOf('none')[0] }])
})

test('of several somebody has to say which one it is, and nothing is made until then', async () => {
  await wish('several')
  await dieAfterMaking('several')
  const theirs = stranger('several')
  await lab.clock.sleep(20_000)
  await recover()
  const creates = createsOf()

  const refused = await failure(worker.call('iasql_apply'))
  await worker.call('iasql_sync')

  const [ours = ''] = idsOf('several').filter((id) => id !== theirs)
  expect(refused).toMatchObject({
    sqlstate: 'IQ007',
    message: expect.stringContaining(`${[ours, theirs].sort().join(', ')} came since then`),
    hint: expect.stringContaining(`iasql_adopt('portal', '${[ours, theirs].sort()[0]}')`),
  })
  expect(
    await lab.user.query(
      `SELECT DISTINCT state FROM iasql_change WHERE natural_name LIKE '%several' AND execution_id IS NOT NULL`,
    ),
  ).toEqual([{ state: 'needs_decision' }])
  expect(await rowsOf('several')).toEqual([{ portal_id: null }])
  expect(createsOf()).toBe(creates)

  await worker.call('iasql_adopt', ['portal', ours, null, null])

  expect(await worker.call('iasql_apply')).toEqual([])
  expect(await rowsOf('several')).toEqual([{ portal_id: ours }])
  await worker.call('iasql_sync')
  expect(await rowsOf('several')).toEqual([{ portal_id: ours }, { portal_id: theirs }])
  expect(await worker.call('iasql_preview')).toEqual([])
})

/** Nobody could tell until a stranger's was gone again, and the row has not been looked at since. */
async function leaveOne(purpose: string): Promise<string> {
  await wish(purpose)
  await dieAfterMaking(purpose)
  const [ours = ''] = idsOf(purpose)
  const theirs = lab.cloud.world.things.get(stranger(purpose))
  await lab.clock.sleep(20_000)
  await recover()
  if (theirs) lab.cloud.world.remove(theirs, 'stranger')
  await lab.clock.sleep(20_000)
  return ours
}

test('once the others are gone the one that is left is taken, though the row was edited', async () => {
  const ours = await leaveOne('left')
  await lab.user.run(`UPDATE portal SET size = 3 WHERE purpose = 'left'`)

  await worker.call('iasql_apply')

  expect(there('left').map(({ id, attributes }) => [id, attributes.size])).toEqual([[ours, 3]])
  expect(await rowsOf('left')).toEqual([{ portal_id: ours }])
})

test('what was made for a row that is to be another by now is replaced', async () => {
  await leaveOne('before')
  await lab.user.run(`UPDATE portal SET purpose = 'after' WHERE purpose = 'before'`)

  await worker.call('iasql_apply')
  await worker.call('iasql_sync')

  expect(idsOf('before')).toEqual([])
  expect(await rowsOf('after')).toEqual(idsOf('after').map((id) => ({ portal_id: id })))
  expect(idsOf('after')).toHaveLength(1)
  expect(await worker.call('iasql_preview')).toEqual([])
})

test('what may have been made for a row that has gone is left and told of, and becomes a row of its own', async () => {
  const ours = await leaveOne('away')
  await lab.user.run(`DELETE FROM portal WHERE purpose = 'away'`)

  const deleted = await worker.call('iasql_apply')
  const told = await lab.user.query<Row>(
    `SELECT body->>'message' AS message FROM iasql_event WHERE kind = 'notice' ORDER BY at DESC LIMIT 1`,
  )
  await worker.call('iasql_sync')

  expect(deleted).toEqual([])
  expect(told).toEqual([{ message: expect.stringContaining(`${ours} may have been made for row`) }])
  expect(idsOf('away')).toEqual([ours])
  expect(await rowsOf('away')).toEqual([{ portal_id: ours }])
  expect(await worker.call('iasql_preview')).toEqual([])
})

test('of several nothing is deleted because it looks like what a row was about that has gone', async () => {
  await wish('gone')
  await dieAfterMaking('gone')
  const theirs = stranger('gone')
  await lab.clock.sleep(20_000)
  await recover()
  await lab.user.run(`DELETE FROM portal WHERE purpose = 'gone'`)

  await worker.call('iasql_apply')
  await worker.call('iasql_sync')

  expect(await rowsOf('gone')).toHaveLength(2)
  expect(idsOf('gone')).toContain(theirs)
  expect(await worker.call('iasql_preview')).toEqual([])
})

test('a row that waits for a decision can be forgotten', async () => {
  await wish('let go')
  await dieAfterMaking('let go')
  stranger('let go')
  await lab.clock.sleep(20_000)
  await recover()
  const [row] = await lab.user.query<{ id: number }>(`SELECT id FROM portal WHERE purpose = 'let go'`)

  await forget(worker.ports, {
    tenant: lab.tenant,
    rows: [{ table: 'portal', rowId: row?.id ?? 0 }],
    actor: 'ann',
    note: async () => undefined,
  })
  await worker.call('iasql_sync')

  expect(await rowsOf('let go')).toHaveLength(2)
  expect(await worker.call('iasql_preview')).toEqual([])
})

test('rows that ask for the same share what their calls have made', async () => {
  await wish('twins', 'CROSS JOIN generate_series(1, 2)')
  await dieAfterMaking('twins', 2)

  await recover()

  const taken = (await rowsOf('twins')).map((row) => row.portal_id)
  expect(taken.toSorted()).toEqual(idsOf('twins').toSorted())
  expect(taken).toHaveLength(2)
})

test('a list that does not complete proves nothing', async () => {
  await wish('unlisted')
  await dieAfterMaking('unlisted')
  bad({ unread: 1 })
  const recovering = recover()
  await lab.clock.sleep(30_000)
  expect(idsOf('unlisted')).toHaveLength(1)
  bad({})

  await recovering

  expect(await rowsOf('unlisted')).toEqual([{ portal_id: idsOf('unlisted')[0] }])
  expect(idsOf('unlisted')).toHaveLength(1)
})
