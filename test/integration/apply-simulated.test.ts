/** Found by the model test: edits that meet an apply in flight, and rows that point at themselves. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openSimulatedLab, type SimulatedLab, type Worker } from '#test/support/simulated/lab.ts'
import { calm } from '#test/support/simulated/weather.ts'
import { lineOf } from '#test/support/tenant-lab.ts'

let lab: SimulatedLab
let worker: Worker

beforeAll(async () => {
  lab = await openSimulatedLab()
  worker = lab.openWorker()
  await worker.call('iasql_install', [['sim']])
})
beforeEach(async () => {
  lab.cloud.forecast.weather = calm
  await lab.clock.sleep(100_000)
})
afterAll(async () => {
  await lab.close()
})

const later = async (): Promise<void> => {
  await lab.clock.sleep(100_000)
  await worker.call('iasql_sync')
}

test('replaces a row that points at itself', async () => {
  await lab.user.run(`INSERT INTO server (user_data) VALUES ('first')`)
  await lab.user.run('UPDATE server SET peer_id = id')
  await worker.call('iasql_apply')

  await lab.user.run(`UPDATE server SET user_data = 'second'`)
  const lines = (await worker.call('iasql_apply')).map(lineOf)

  expect(lines).toEqual(['replace server'])
  const [made, ...more] = lab.cloud.world.all('server')
  expect(more).toEqual([])
  expect(made?.attributes).toMatchObject({ user_data: 'second', peer_id: made?.id })
  await lab.user.run('DELETE FROM server')
  await worker.call('iasql_apply')
})

test('deletes in the end what was deleted while an earlier apply was about to make it', async () => {
  await lab.user.run(`INSERT INTO network (cidr) VALUES ('10.0.0.0/16')`)
  await lab.user.run(`INSERT INTO segment (network_id, cidr) SELECT id, '10.0.1.0/24' FROM network`)
  const first = worker.call('iasql_apply')
  await lab.clock.sleep(50)
  await lab.user.run('DELETE FROM segment')

  await Promise.all([first, lab.openWorker().call('iasql_apply')])
  await later()
  await worker.call('iasql_apply')

  expect(lab.cloud.world.all('segment')).toEqual([])
  expect(await worker.call('iasql_preview')).toEqual([])
})

test('keeps an edit that was taken back while an earlier apply was sending it', async () => {
  await lab.user.run(`INSERT INTO topic (name, retention) VALUES ('back', 60)`)
  await worker.call('iasql_apply')
  await lab.clock.sleep(100_000)
  await lab.user.run('UPDATE topic SET retention = 90')
  const first = worker.call('iasql_apply')
  await lab.clock.sleep(50)
  await lab.user.run('UPDATE topic SET retention = 60')

  await Promise.all([first, lab.openWorker().call('iasql_apply')])
  await worker.call('iasql_apply')
  await later()

  expect(await lab.user.query('SELECT retention FROM topic')).toEqual([{ retention: 60 }])
  expect(lab.cloud.world.all('topic').map(({ attributes }) => attributes.retention)).toEqual([60])
})

test('deletes the old one in the end when a replacement is cancelled while the new one is coming up', async () => {
  await lab.user.run(`INSERT INTO server (user_data) VALUES ('old')`)
  await worker.call('iasql_apply')
  await lab.clock.sleep(100_000)
  await lab.user.run(`UPDATE server SET user_data = 'new'`)
  const replacing = worker.call('iasql_apply').catch(() => undefined)
  await lab.clock.sleep(2_000)

  const [open] = await lab.user.query<{ execution_id: number }>(
    'SELECT execution_id FROM iasql_execution WHERE ended_at IS NULL',
  )
  await worker.call('iasql_cancel', [open?.execution_id ?? 0])
  await replacing
  await later()
  await worker.call('iasql_apply')

  expect(lab.cloud.world.all('server').map(({ attributes }) => attributes.user_data)).toEqual(['new'])
  expect(await lab.user.query('SELECT user_data FROM server')).toEqual([{ user_data: 'new' }])
  await lab.user.run('DELETE FROM server')
  await worker.call('iasql_apply')
})

test('keeps an edit whose last call is refused, after the first ones went through', async () => {
  await lab.user.run(`INSERT INTO server (size) VALUES ('small')`)
  await worker.call('iasql_apply')
  await lab.clock.sleep(100_000)
  await lab.user.run(`UPDATE server SET size = 'large'`)
  const first = worker.call('iasql_apply').catch(() => undefined)
  await lab.clock.sleep(1_000)
  lab.cloud.forecast.weather = { ...calm, denied: 1 }
  await first
  lab.cloud.forecast.weather = calm
  await later()
  await worker.call('iasql_apply')

  expect(await lab.user.query('SELECT size FROM server')).toEqual([{ size: 'large' }])
  expect(lab.cloud.world.all('server').map(({ attributes }) => attributes.size)).toEqual(['large'])
  await lab.user.run('DELETE FROM server')
  await worker.call('iasql_apply')
})

test('keeps what a create was to send last, when that is refused', async () => {
  await lab.user.run(`INSERT INTO server (is_watched, config) VALUES (true, '{"a": 1}')`)
  const first = worker.call('iasql_apply').catch(() => undefined)
  await lab.clock.sleep(1_000)
  lab.cloud.forecast.weather = { ...calm, denied: 1 }
  await first
  lab.cloud.forecast.weather = calm
  await later()
  await worker.call('iasql_apply')

  expect(await lab.user.query('SELECT is_watched, config FROM server')).toEqual([
    { is_watched: true, config: { a: 1 } },
  ])
  expect(lab.cloud.world.all('server').map(({ attributes }) => attributes.is_watched)).toEqual([true])
})

test('goes on with everything when what came along with a resource cannot be read for a moment', async () => {
  await lab.user.run(`INSERT INTO network (cidr) VALUES ('10.7.0.0/16')`)
  await lab.user.run(
    `INSERT INTO segment (network_id, cidr) SELECT id, '10.7.1.0/24' FROM network WHERE cidr = '10.7.0.0/16'`,
  )
  const applying = worker.call('iasql_apply')
  await lab.clock.sleep(300)
  lab.cloud.forecast.weather = { ...calm, unread: 1 }
  await lab.clock.sleep(3_000)
  lab.cloud.forecast.weather = calm

  expect((await applying).map(lineOf).sort()).toEqual(['create network', 'create segment'])
  expect(await worker.call('iasql_preview')).toEqual([])
})
