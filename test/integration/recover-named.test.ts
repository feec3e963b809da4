/** A create without an answer of a kind that is looked up by its name: what bears that name need not be ours. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Row } from '#engine/model/json.ts'
import { cancelExecution } from '#operations/execution/cancel-execution.ts'
import { openSimulatedLab, type SimulatedLab, type Worker } from '#test/support/simulated/lab.ts'
import { calm, type Weather } from '#test/support/simulated/weather.ts'

let lab: SimulatedLab
let worker: Worker
/** Longer than calls and reads take. */
const settledMs = 200_000
const place = { accountId: '123456789012', region: 'us-east-1' }

beforeAll(async () => {
  lab = await openSimulatedLab({ log: () => undefined })
  worker = lab.openWorker()
  await worker.call('iasql_install', [['sim', 'shapes']])
})
afterAll(() => lab.close())

const bad = (weather: Partial<Weather>): void => {
  lab.cloud.forecast.weather = { ...calm, ...weather }
}
const there = (name: string) =>
  lab.cloud.world.all('topic').filter(({ attributes }) => attributes.name === name)
const idsOf = (name: string) => there(name).map(({ id }) => id)
const rowsOf = (name: string) => lab.user.query<Row>(`SELECT topic_id FROM topic WHERE name = '${name}'`)
const createsOf = () => lab.cloud.calls.filter(({ operation }) => operation === 'CreateTopic').length
/** Of the latest execution. */
const notices = async (): Promise<readonly string[]> => {
  const rows = await lab.user.query<{ message: string }>(
    `SELECT body->>'message' AS message FROM iasql_event WHERE kind = 'notice'
       AND execution_id = (SELECT max(execution_id) FROM iasql_execution) ORDER BY seq`,
  )
  return rows.map(({ message }) => message)
}

/** Nobody answers, the user gives up, and the row goes. */
async function giveUp(name: string, weather: Partial<Weather>): Promise<void> {
  await lab.user.run(`INSERT INTO topic (name) VALUES ('${name}')`)
  const before = createsOf()
  bad(weather)
  const applying = worker.call('iasql_apply').catch(() => undefined)
  while (createsOf() === before) await lab.clock.sleep(20)
  const [open] = await lab.user.query<{ execution_id: string }>(
    'SELECT execution_id FROM iasql_execution WHERE ended_at IS NULL',
  )
  await cancelExecution(worker.ports, lab.tenant, open?.execution_id ?? '')
  await applying
  bad({})
  await lab.user.run(`DELETE FROM topic WHERE name = '${name}'`)
}

test('what somebody else has made meanwhile under the name of a row that has gone is left', async () => {
  await giveUp('theirs', { failed: 1 })
  lab.cloud.world.make({ kind: 'topic', place, madeBy: 'stranger' }, { name: 'theirs' })
  await lab.clock.sleep(settledMs)

  expect(await worker.call('iasql_preview')).toEqual([])
  expect(await worker.call('iasql_apply')).toEqual([])

  expect(await notices()).toEqual([
    expect.stringMatching(/^topic \S+ may have been made for row \d+, which wants it no more/),
  ])
  const [left] = idsOf('theirs')
  expect(left).toBeDefined()
  await worker.call('iasql_sync')
  expect(await rowsOf('theirs')).toEqual([{ topic_id: left }])
})

test('a sync finds out by itself what became of a call that was given up, and takes what is there', async () => {
  await giveUp('nothing', { failed: 1 })
  lab.cloud.world.make({ kind: 'topic', place, madeBy: 'stranger' }, { name: 'another' })
  await lab.clock.sleep(settledMs)

  const synced = await worker.call('iasql_sync')

  expect(await notices()).toEqual([])
  expect(synced.map(({ action, description }) => `${action} ${description}`)).toEqual([
    'create topic another',
  ])
  expect(await worker.call('iasql_preview')).toEqual([])
})

test('while a call may still arrive, nothing of its kind is taken, and the sync says why', async () => {
  await giveUp('late', { failed: 1 })
  lab.cloud.world.make({ kind: 'topic', place, madeBy: 'stranger' }, { name: 'beside' })

  await worker.call('iasql_sync')

  expect(await notices()).toEqual([
    expect.stringMatching(/^topic: it is not known yet what became of the create of row \d+.*sync again/),
  ])
  expect(await rowsOf('beside')).toEqual([])
  await lab.clock.sleep(settledMs)
  await worker.call('iasql_sync')
  expect(await rowsOf('beside')).toEqual([{ topic_id: idsOf('beside')[0] }])
})
