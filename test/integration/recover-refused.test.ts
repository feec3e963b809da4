/** Found by the model test: a replacement of which one call is lost and the next one is refused. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSimulatedLab, type SimulatedLab, type Worker } from '#test/support/simulated/lab.ts'
import { calm } from '#test/support/simulated/weather.ts'

let lab: SimulatedLab
let worker: Worker

beforeAll(async () => {
  lab = await openSimulatedLab()
  worker = lab.openWorker()
  await worker.call('iasql_install', [['sim']])
})
afterAll(() => lab.close())

const servers = () => lab.cloud.world.all('server')

/** The new one is made without an answer; what is sent to it afterwards is denied. */
async function replaceInStorm(): Promise<string> {
  lab.cloud.forecast.weather = { ...calm, lost: 1 }
  const replacing = worker.call('iasql_apply').catch((error: Error) => error.message)
  while (servers().length < 2) await lab.clock.sleep(50)
  lab.cloud.forecast.weather = { ...calm, denied: 1 }
  const said = await replacing
  lab.cloud.forecast.weather = calm
  return typeof said === 'string' ? said : 'it went well'
}

test('the row is the new one’s at once, and the old one goes with the next apply', async () => {
  await lab.user.run(`INSERT INTO server (user_data) VALUES ('old')`)
  await worker.call('iasql_apply')
  await lab.clock.sleep(100_000)
  await lab.user.run(`UPDATE server SET user_data = 'new', is_watched = true`)

  expect(await replaceInStorm()).toMatch(/^1 of 1 changes failed.*not authorized/)
  const made = servers().find(({ attributes }) => attributes.user_data === 'new')
  expect(
    await lab.platform.query(
      `SELECT cloud_id FROM ${lab.tenant.schema}.iasql_resource
       WHERE table_name = 'server' AND row_id = (SELECT id FROM ${lab.tenant.schema}.server)`,
    ),
  ).toEqual([{ cloud_id: { server_id: made?.id } }])
  await lab.clock.sleep(100_000)
  await worker.call('iasql_sync')
  await worker.call('iasql_apply')

  expect(servers().map(({ attributes: { user_data, is_watched } }) => ({ user_data, is_watched }))).toEqual([
    { user_data: 'new', is_watched: true },
  ])
  expect(await lab.user.query('SELECT user_data, is_watched FROM server')).toEqual([
    { user_data: 'new', is_watched: true },
  ])
  expect(await worker.call('iasql_preview')).toEqual([])
})
