import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSimulatedLab, type SimulatedLab, type Worker } from '#test/support/simulated/lab.ts'
import { lineOf } from '#test/support/tenant-lab.ts'

let lab: SimulatedLab
let worker: Worker

beforeAll(async () => {
  lab = await openSimulatedLab()
  worker = lab.openWorker()
  await worker.call('iasql_install', [['sim']])
})
afterAll(async () => {
  await lab.close()
})

test('applies every kind of resource, minutes of the cloud in a moment', async () => {
  const startedMs = lab.clock.nowMs
  await lab.user.run(`INSERT INTO network (cidr, tags) VALUES ('10.0.0.0/16', '{"Name": "a"}')`)
  await lab.user.run(`INSERT INTO segment (network_id, cidr) SELECT id, '10.0.1.0/24' FROM network`)
  await lab.user.run(`INSERT INTO gateway (segment_id, label) SELECT id, 'x' FROM segment`)
  await lab.user.run(
    `INSERT INTO server (segment_id, is_watched, size, config) SELECT id, true, 'large', '{"a": 1}' FROM segment`,
  )
  await lab.user.run(`INSERT INTO topic (name, labels) VALUES ('news', '["b", "a"]')`)

  const lines = (await worker.call('iasql_apply')).map(lineOf)

  expect(lines.sort()).toEqual([
    'create gateway',
    'create network',
    'create segment',
    'create server',
    'create topic',
  ])
  expect(await worker.call('iasql_preview')).toEqual([])
  // The count of its segments is an output of the network, which nobody wrote to.
  expect((await worker.call('iasql_sync')).map(lineOf)).toEqual(['update network'])
  expect(await worker.call('iasql_sync')).toEqual([])
  expect(lab.clock.nowMs - startedMs).toBeGreaterThan(40_000)
  expect(lab.cloud.world.all('rulebook')).toHaveLength(1)
  expect(await lab.user.query('SELECT is_default FROM rulebook')).toEqual([{ is_default: true }])
})
