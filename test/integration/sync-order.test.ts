/** What somebody else has made is taken in by one sync, parts of what is new itself too, in whatever order modules came. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSimulatedLab, type SimulatedLab, type Worker } from '#test/support/simulated/lab.ts'

let lab: SimulatedLab
let worker: Worker
const place = { accountId: '123456789012', region: 'us-east-1' }

beforeAll(async () => {
  lab = await openSimulatedLab()
  worker = lab.openWorker()
  await worker.call('iasql_install', [['sim', 'shapes']])
})
afterAll(() => lab?.close())

test('a module that others need is read before them, whenever it was installed', async () => {
  await lab.platform.run(
    `UPDATE ${lab.tenant.schema}.iasql_module SET installed_at = now() + interval '1 day' WHERE name = 'sim'`,
  )
  const { world } = lab.cloud
  const network = world.make(
    { kind: 'network', place, madeBy: 'stranger' },
    { cidr: '10.0.0.0/16', tags: {} },
  )
  world.make({ kind: 'guard', place, madeBy: 'stranger' }, { network_id: network.id, notes: null, tags: {} })
  await lab.clock.sleep(100_000)

  await worker.call('iasql_sync')

  expect(
    await lab.user.query('SELECT n.cidr::text FROM guard g JOIN network n ON n.id = g.network_id'),
  ).toEqual([{ cidr: '10.0.0.0/16' }])
})
