/** Found by the model test: an update whose first call went through and whose next one is refused. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openSimulatedLab, type SimulatedLab, type Worker } from '#test/support/simulated/lab.ts'
import { calm } from '#test/support/simulated/weather.ts'

let lab: SimulatedLab
let worker: Worker

beforeAll(async () => {
  lab = await openSimulatedLab()
  worker = lab.openWorker()
  await worker.call('iasql_install', [['sim']])
  await lab.user.run(`INSERT INTO server DEFAULT VALUES`)
})
beforeEach(async () => {
  await lab.user.run(`UPDATE server SET size = 'small', config = '{"a": 1}'`)
  await worker.call('iasql_apply')
  await lab.clock.sleep(100_000)
})
afterAll(() => lab.close())

/** It is stopped and changed, and not started again. */
async function refuseStart(): Promise<void> {
  const applying = worker.call('iasql_apply').catch(() => undefined)
  const sizeOf = () => lab.cloud.world.all('server')[0]?.attributes.size
  while (sizeOf() !== 'large') await lab.clock.sleep(20)
  lab.cloud.forecast.weather = { ...calm, denied: 1 }
  await applying
  lab.cloud.forecast.weather = calm
  await lab.clock.sleep(100_000)
}
const ended = async () => {
  await worker.call('iasql_sync')
  await worker.call('iasql_apply')
  const there = lab.cloud.world.all('server').map(({ attributes: { size, config } }) => ({ size, config }))
  return { there, here: await lab.user.query('SELECT size, config FROM server') }
}

test('what is taken back afterwards is taken back in the cloud too', async () => {
  await lab.user.run(`UPDATE server SET size = 'large'`)
  await refuseStart()

  await lab.user.run(`UPDATE server SET size = 'small'`)

  const rows = [{ size: 'small', config: { a: 1 } }]
  expect(await ended()).toEqual({ there: rows, here: rows })
})

test('what was to be cleared is cleared in the end', async () => {
  await lab.user.run(`UPDATE server SET size = 'large', config = NULL`)
  await refuseStart()

  const rows = [{ size: 'large', config: null }]
  expect(await ended()).toEqual({ there: rows, here: rows })
})

test.each([
  ['cleared is set back', 'NULL', `'{"a": 1}'`, { a: 1 }],
  ['set is cleared', `'{"b": 2}'`, 'NULL', null],
])('what was %s afterwards, whether anybody looks in between or not', async (_, sent, wanted, config) => {
  const rows = [{ size: 'large', config }]
  for (const isSeen of [false, true]) {
    await lab.user.run(`UPDATE server SET size = 'small', config = '{"a": 1}'`)
    await worker.call('iasql_apply')
    await lab.clock.sleep(100_000)
    await lab.user.run(`UPDATE server SET size = 'large', config = ${sent}`)
    await refuseStart()
    await lab.user.run(`UPDATE server SET config = ${wanted}`)

    if (isSeen) await worker.call('iasql_sync')
    await worker.call('iasql_apply')

    expect(await ended()).toEqual({ there: rows, here: rows })
    expect(await worker.call('iasql_preview')).toEqual([])
  }
})
