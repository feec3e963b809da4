/** Found by the model test: what a read that lags does not show yet is not gone. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { openSimulatedLab, type SimulatedLab, type Worker } from '#test/support/simulated/lab.ts'
import { calm } from '#test/support/simulated/weather.ts'

let lab: SimulatedLab
let worker: Worker

beforeAll(async () => {
  lab = await openSimulatedLab()
  worker = lab.openWorker()
  await worker.call('iasql_install', [['sim']])
})
afterEach(async () => {
  lab.cloud.forecast.weather = calm
  await lab.user.run('DELETE FROM topic')
  await lab.clock.sleep(100_000)
  await worker.call('iasql_apply')
})
afterAll(() => lab.close())

const names = () => lab.cloud.world.all('topic').map(({ attributes }) => attributes.name)

test.each([1, 2, 3])('a delete right after a create waits until the create shows (%i)', async (number) => {
  await lab.user.run(`INSERT INTO topic (name) VALUES ('short-${number}')`)
  await worker.call('iasql_apply')
  lab.cloud.forecast.weather = { ...calm, stale: 1 }

  await lab.user.run('DELETE FROM topic')
  await worker.call('iasql_apply')

  expect(names()).toEqual([])
})

test.each([1, 2, 3])('so does the old one of a replacement that goes first (%i)', async (number) => {
  await lab.user.run(`INSERT INTO topic (name) VALUES ('old-${number}')`)
  await worker.call('iasql_apply')
  lab.cloud.forecast.weather = { ...calm, stale: 1 }

  await lab.user.run(`UPDATE topic SET name = 'new-${number}'`)
  await worker.call('iasql_apply')

  expect(names()).toEqual([`new-${number}`])
})

test('what somebody changed in an old one that shows late is not lost unseen', async () => {
  await lab.user.run(`INSERT INTO topic (name) VALUES ('changed')`)
  await worker.call('iasql_apply')
  for (const { thing } of lab.cloud.world.all('topic'))
    thing.versions = thing.versions.map((version) => ({
      ...version,
      attributes: { ...version.attributes, retention: 5 },
    }))
  lab.cloud.forecast.weather = { ...calm, stale: 1 }
  await lab.user.run(`UPDATE topic SET name = 'other'`)

  await expect(worker.call('iasql_apply')).rejects.toThrow('retention is 5 there')

  expect(names()).toEqual(['changed'])
})
