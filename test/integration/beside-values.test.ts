/** Found by the model test: values that others refer to, when they become others while an apply is about to send them. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { recoverExecutions } from '#operations/execution/recover-executions.ts'
import { openSimulatedLab, type SimulatedLab, type Worker } from '#test/support/simulated/lab.ts'

let lab: SimulatedLab
let worker: Worker

beforeAll(async () => {
  lab = await openSimulatedLab({
    latency: (operation) => ({
      readMs: 60,
      writeMs: ['CreateSegment', 'CreateRulebook'].includes(operation) ? 10_000 : 300,
    }),
  })
  worker = lab.openWorker()
  await worker.call('iasql_install', [['sim']])
})
afterAll(() => lab.close())

/** A segment is made first; by the time that the server is, a sync has seen how many there are now. */
async function applyBesideSync(): Promise<void> {
  const before = lab.cloud.world.all('segment').length
  const applying = worker.call('iasql_apply')
  while (lab.cloud.world.all('segment').length === before) await lab.clock.sleep(20)
  await lab.openWorker().call('iasql_sync')
  await applying
  await lab.clock.sleep(100_000)
}

test('a value that a sync brought while an older one was being sent is sent by the next apply', async () => {
  await lab.user.run(`INSERT INTO network (cidr) VALUES ('10.0.0.0/16')`)
  await worker.call('iasql_apply')
  await lab.clock.sleep(100_000)
  await lab.user.run(`INSERT INTO segment (network_id, cidr) SELECT id, '10.0.1.0/24' FROM network`)
  await lab.user.run(
    `INSERT INTO server (segment_id, user_data)
     SELECT s.id, 'of ' || iasql_ref('network', n.id, 'segment_count') FROM segment s, network n`,
  )

  await applyBesideSync()
  expect(lab.cloud.world.all('server').map(({ attributes }) => attributes.user_data)).toEqual(['of 0'])
  await worker.call('iasql_apply')

  expect(lab.cloud.world.all('server').map(({ attributes }) => attributes.user_data)).toEqual(['of 1'])
  expect(await worker.call('iasql_preview')).toEqual([])
})

test('a value that a sync brought while the row was being sent for another column is sent by the next apply', async () => {
  const watched = (): unknown => lab.cloud.world.all('server').map(({ attributes }) => attributes.config)
  await lab.user.run(
    `UPDATE server SET config = jsonb_build_object('of', iasql_ref('network', n.id, 'segment_count')) FROM network n`,
  )
  await worker.call('iasql_apply')
  await lab.clock.sleep(100_000)
  await lab.user.run(`INSERT INTO segment (network_id, cidr) SELECT id, '10.0.3.0/24' FROM network`)
  await lab.user.run(
    `WITH made AS (INSERT INTO rulebook (network_id) SELECT id FROM network RETURNING id)
     UPDATE server SET rulebook_id = made.id FROM made`,
  )

  await applyBesideSync()
  expect(watched()).toEqual([{ of: 1 }])
  await worker.call('iasql_apply')
  await lab.clock.sleep(100_000)

  expect(watched()).toEqual([{ of: 2 }])
  expect(await worker.call('iasql_preview')).toEqual([])
})

test('an edit of a row whose resource is coming up while its server dies is applied in the end', async () => {
  await lab.user.run(`INSERT INTO server (user_data) VALUES ('mine')`)
  const mortal = lab.openWorker()
  void mortal.call('iasql_apply').catch(() => undefined)
  while (lab.cloud.world.all('server').length < 2) await lab.clock.sleep(20)
  await lab.clock.sleep(2_000)
  await mortal.kill()
  await lab.user.run(`INSERT INTO segment (network_id, cidr) SELECT id, '10.0.2.0/24' FROM network`)
  await lab.user.run(
    `UPDATE server SET tags = '{"a":"b"}', segment_id = (SELECT max(id) FROM segment) WHERE user_data = 'mine'`,
  )

  await recoverExecutions(worker.ports, { sole: true })
  await lab.clock.sleep(200_000)
  await worker.call('iasql_sync')
  await worker.call('iasql_apply')

  const made = lab.cloud.world.all('server').filter(({ attributes }) => attributes.user_data === 'mine')
  expect(made.map(({ attributes: { tags, segment_id } }) => ({ tags, segment_id }))).toEqual([
    { tags: expect.objectContaining({ a: 'b' }), segment_id: lab.cloud.world.all('segment').at(-1)?.id },
  ])
})
