/** What the cloud has is agreed on before it is in a row that somebody holds: until it is there, its absence is no edit. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSimulatedLab, type SimulatedLab, type Worker } from '#test/support/simulated/lab.ts'

let lab: SimulatedLab
let worker: Worker

beforeAll(async () => {
  lab = await openSimulatedLab()
  worker = lab.openWorker()
  await worker.call('iasql_install', [['sim']])
})
afterAll(() => lab.close())

const topic = () => {
  const found = lab.cloud.world.all('topic')[0]
  if (!found) throw new Error('there is no topic')
  return found
}

test('an edit of another column sends nothing of what is still on its way into the row', async () => {
  await lab.user.run(`INSERT INTO topic (name, retention) VALUES ('held', 600)`)
  await worker.call('iasql_apply')
  await lab.clock.sleep(100_000)
  const thing = lab.cloud.world.things.get(topic().id)
  if (thing) lab.cloud.world.change(thing, { labels: ['strange'] })
  await lab.clock.sleep(100_000)
  await lab.user.transaction(async (transaction) => {
    await transaction.run('UPDATE topic SET retention = 60')
    await worker.call('iasql_sync')
  })

  expect((await worker.call('iasql_preview')).map(({ changed }) => Object.keys(changed ?? {}))).toEqual([
    ['retention'],
  ])
  await worker.call('iasql_apply')
  await lab.clock.sleep(100_000)

  expect(topic().attributes).toMatchObject({ retention: 60, labels: ['strange'] })
  expect(await lab.user.query('SELECT retention, labels FROM topic')).toEqual([
    { retention: 60, labels: ['strange'] },
  ])
  expect(await worker.call('iasql_preview')).toEqual([])
})
