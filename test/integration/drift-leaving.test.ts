/** Somebody in the cloud points at what a row of ours has just given up: no row can say that, so it is put back. */
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

const thing = (name: string) => {
  const found = lab.cloud.world.all('topic').find(({ attributes }) => attributes.name === name)
  if (!found) throw new Error(`the cloud has no ${name}`)
  return found
}

const deadLetters = () =>
  lab.user.query<{ name: string; of: string | null }>(
    'SELECT t.name, d.name AS of FROM topic t LEFT JOIN topic d ON d.id = t.dead_letter_id ORDER BY 1',
  )

test('what points at a resource that waits for its deletion is pointed back, and the deletion goes through', async () => {
  await lab.user.run(`INSERT INTO topic (name) VALUES ('kept'), ('leaving')`)
  await lab.user.run(
    `INSERT INTO topic (name, dead_letter_id) SELECT 'main', id FROM topic WHERE name = 'kept'`,
  )
  await worker.call('iasql_apply')
  await lab.clock.sleep(100_000)
  const { thing: main, attributes } = thing('main')
  lab.cloud.world.change(main, { ...attributes, dead_letter_id: thing('leaving').id })
  await lab.user.run(`DELETE FROM topic WHERE name = 'leaving'`)
  await lab.clock.sleep(100_000)

  for (const _ of ['seen', 'seen before']) await worker.call('iasql_sync')
  const told = await lab.user.query<{ message: string }>(
    `SELECT body->>'message' AS message FROM iasql_event WHERE kind = 'notice' AND body->>'message' LIKE 'topic%'`,
  )
  const planned = (await worker.call('iasql_preview')).map(({ action, natural_name }) => [
    action,
    natural_name,
  ])
  await worker.call('iasql_apply')

  expect(told.map(({ message }) => message)).toEqual([
    'topic main: in the cloud dead_letter_id points at what is to be deleted; the next apply points it where the row says.',
  ])
  expect(planned.sort()).toEqual([
    ['delete', 'leaving'],
    ['update', 'main'],
  ])
  expect(thing('main').attributes.dead_letter_id).toBe(thing('kept').id)
  expect(lab.cloud.world.all('topic')).toHaveLength(2)
  expect(lab.cloud.faults.get('refused') ?? 0).toBe(0)
  expect(await deadLetters()).toEqual([
    { name: 'kept', of: null },
    { name: 'main', of: 'kept' },
  ])
  expect(await worker.call('iasql_preview')).toEqual([])
  await lab.clock.sleep(100_000)
  expect(await worker.call('iasql_sync')).toEqual([])
})
