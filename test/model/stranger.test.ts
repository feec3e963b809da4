/** Somebody who leaves does so as a cloud would let them. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSimulatedLab, type SimulatedLab } from '#test/support/simulated/lab.ts'
import { Stranger } from './stranger.ts'

const place = { accountId: '123456789012', region: 'us-east-1' }

let lab: SimulatedLab

beforeAll(async () => {
  lab = await openSimulatedLab()
})
afterAll(async () => {
  await lab.close()
})

const segmentWithServerOf = (madeBy: 'stranger' | 'engine') => {
  const { world } = lab.cloud
  const network = world.make({ kind: 'network', place, madeBy: 'engine' }, { cidr: '10.0.0.0/16' })
  const segment = world.make({ kind: 'segment', place, madeBy: 'stranger' }, { network_id: network.id })
  const server = world.make({ kind: 'server', place, madeBy }, { segment_id: segment.id })
  return { network, segment, server }
}

test('takes along what uses the resource, so that nothing refers to what is gone', async () => {
  const { network, segment, server } = segmentWithServerOf('stranger')
  const stranger = new Stranger(lab)

  const hasLeft = stranger.leave(segment.id)

  await lab.clock.sleep(60_000)
  expect(hasLeft).toBe(true)
  expect([segment, server, network].map(({ id }) => lab.cloud.world.now(id) !== undefined)).toEqual([
    false,
    false,
    true,
  ])
  expect([...stranger.touched].sort()).toEqual([segment.id, server.id].sort())
})

test('stays where somebody else uses it', () => {
  const { segment, server } = segmentWithServerOf('engine')
  const stranger = new Stranger(lab)

  const hasLeft = stranger.leave(segment.id)

  expect(hasLeft).toBe(false)
  expect(lab.cloud.world.now(segment.id)).toBeDefined()
  expect(lab.cloud.world.now(server.id)).toBeDefined()
})
