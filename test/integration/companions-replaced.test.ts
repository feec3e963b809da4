/** Found by the model test: what users gave a companion outlives the replacement of its parent. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSimulatedLab, type SimulatedLab, type Worker } from '#test/support/simulated/lab.ts'
import { lineOf } from '#test/support/tenant-lab.ts'

let lab: SimulatedLab
let worker: Worker

beforeAll(async () => {
  lab = await openSimulatedLab()
  worker = lab.openWorker()
  await worker.call('iasql_install', [['sim']])
  await lab.user.run(`INSERT INTO network (cidr) VALUES ('10.0.0.0/16')`)
  await worker.call('iasql_apply')
  await lab.clock.sleep(100_000)
})
afterAll(() => lab.close())

const replace = async (cidr: string): Promise<readonly string[]> => {
  await lab.user.run(`UPDATE network SET cidr = '${cidr}'`)
  const rows = await worker.call('iasql_apply')
  await lab.clock.sleep(100_000)
  return rows.map(lineOf)
}
const books = () =>
  lab.cloud.world.all('rulebook').map(({ attributes: { rules, tags } }) => ({ rules, tags }))

test('a companion that nobody has touched comes anew as the cloud makes it, without a call', async () => {
  const before = await lab.user.query('SELECT id FROM rulebook')

  expect(await replace('10.1.0.0/16')).toEqual(['replace network'])

  expect(books()).toEqual([{ rules: null, tags: {} }])
  expect(await lab.user.query('SELECT id FROM rulebook')).toEqual(before)
  expect(await worker.call('iasql_preview')).toEqual([])
})

test('what was given to the old companion is given to the new one by the same apply', async () => {
  await lab.user.run(`UPDATE rulebook SET rules = '["a"]', tags = '{"team": "x"}'`)
  await worker.call('iasql_apply')
  await lab.clock.sleep(100_000)

  expect(await replace('10.2.0.0/16')).toEqual(['replace network', 'update rulebook'])

  expect(books()).toEqual([{ rules: ['a'], tags: { team: 'x' } }])
  expect(await lab.user.query('SELECT rules, tags FROM rulebook')).toEqual([
    { rules: ['a'], tags: { team: 'x' } },
  ])
  expect(await worker.call('iasql_preview')).toEqual([])
  expect(await worker.call('iasql_sync')).toEqual([])
})
