/** What takes minutes in the cloud is polled together, and not for ever. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { operationOf } from '#aws/operation-of.ts'
import type { CloudApi } from '#engine/model/cloud.ts'
import { IasqlError } from '#engine/model/error.ts'
import type { Cloud } from '#operations/ports.ts'
import { openSimulatedLab, type SimulatedLab, type Worker } from '#test/support/simulated/lab.ts'

let lab: SimulatedLab
let worker: Worker
/** What a read of gateways is answered with, if not by the cloud. */
let refused: IasqlError | undefined

const guarded = (cloud: Cloud): Cloud => ({
  ...cloud,
  settleMs: (published) => cloud.settleMs(published),
  api(...given) {
    const api = cloud.api(...given)
    const pages: CloudApi['pages'] = (command, input, items) => {
      const operation = operationOf(new command(input))
      if (refused && operation === 'DescribeGateways') throw refused
      return api.pages(command, input, items)
    }
    return { place: api.place, send: api.send.bind(api), each: api.each.bind(api), pages }
  },
})

beforeAll(async () => {
  lab = await openSimulatedLab({ wrapCloud: guarded, isLimited: false })
  worker = lab.openWorker()
  await worker.call('iasql_install', [['sim']])
  await lab.user.run(`INSERT INTO network (cidr) VALUES ('10.0.0.0/16')`)
  await lab.user.run(`INSERT INTO segment (network_id, cidr) SELECT id, '10.0.1.0/24' FROM network`)
  await worker.call('iasql_apply')
})
afterAll(() => lab.close())

const insertGateways = (count: number): Promise<number> =>
  lab.user.run(
    `INSERT INTO gateway (segment_id) SELECT segment.id FROM segment, generate_series(1, ${count})`,
  )

test('200 resources that get ready are described by batches', async () => {
  await insertGateways(200)
  const before = lab.cloud.calls.length

  expect(await worker.call('iasql_apply')).toHaveLength(200)

  const described = lab.cloud.calls
    .slice(before)
    .filter(({ operation }) => operation.startsWith('DescribeGateway'))
  // 40 seconds of polls, each of 200 ids in pages of 50.
  expect(described.length).toBeLessThan(200)
})

test('what may not be read any more fails instead of being waited for', async () => {
  await insertGateways(3)
  const outcome = worker.call('iasql_apply').catch((error: Error) => error)
  await lab.clock.sleep(10_000)
  refused = new IasqlError('cloud/denied', 'DescribeGateways: you may not.')

  expect(await outcome).toMatchObject({ code: 'apply/changes-failed' })
  refused = undefined

  await lab.clock.sleep(60_000)
  await worker.call('iasql_apply')
  expect(lab.cloud.world.all('gateway')).toHaveLength(203)
})

test('a cloud out of reach for minutes loses nothing that is waited for', async () => {
  await insertGateways(3)
  const applied = worker.call('iasql_apply')
  await lab.clock.sleep(10_000)
  refused = new IasqlError('cloud/unreachable', 'DescribeGateways: no route to host')
  await lab.clock.sleep(180_000)
  refused = undefined

  expect(await applied).toHaveLength(3)
})
