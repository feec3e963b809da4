/** What the cloud has lost and is made again is another resource: whoever pointed at the old one is not left with that. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Row } from '#engine/model/json.ts'
import { openSimulatedLab, type SimulatedLab, type Worker } from '#test/support/simulated/lab.ts'

let lab: SimulatedLab
let worker: Worker

beforeAll(async () => {
  lab = await openSimulatedLab({ log: () => undefined })
  worker = lab.openWorker()
  await worker.call('iasql_install', [['sim', 'shapes']])
})
afterAll(() => lab.close())

const crews = () => lab.cloud.world.all('crew').map(({ attributes }) => attributes.blueprint_id)
const named = (family: string) =>
  lab.cloud.world.all('blueprint').filter(({ attributes }) => attributes.family === family)

test('a row that is left out by choice is pointed at the new one by the next', async () => {
  await lab.user.run(`INSERT INTO blueprint (family) VALUES ('lost')`)
  await lab.user.run('INSERT INTO crew (blueprint_id) SELECT id FROM blueprint')
  await worker.call('iasql_apply')
  for (const { thing } of named('lost')) lab.cloud.world.remove(thing, 'stranger')
  await lab.clock.sleep(200_000)
  await worker.call('iasql_sync')
  await lab.user.run(`UPDATE blueprint SET tags = '{"Name": "again"}' WHERE family = 'lost'`)

  const shown = await worker.call('iasql_preview')
  expect(shown.map(({ action, table_name: table }) => `${action} ${table}`)).toEqual([
    'create blueprint',
    'update crew',
  ])
  const [{ plan_id: planId, change_id: changeId } = {}] = shown.slice(1)
  await lab.user.run(
    `INSERT INTO iasql_plan_choice (plan_id, change_id, skip) VALUES (${planId}, ${changeId}, true)`,
  )
  await worker.call('iasql_apply', [planId as number, false, true, 'wait'])

  const [again] = named('lost')
  const [left, ...more] = await worker.call('iasql_preview')
  expect(left).toMatchObject({ action: 'update', table_name: 'crew', changed: { blueprint_id: {} } })
  expect(more).toEqual([])
  await worker.call('iasql_sync')
  await worker.call('iasql_apply')
  expect(crews()).toEqual([again?.id])
  const rows = await lab.user.query<Row>('SELECT c.blueprint_id = b.id AS holds FROM crew c, blueprint b')
  expect(rows).toEqual([{ holds: true }])
  expect(await worker.call('iasql_preview')).toEqual([])
})
