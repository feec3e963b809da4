/** How a row is planned whose edits are not to count yet. */
import { expect, test } from 'vitest'
import { loosened } from '#engine/merge/unsure.ts'
import { asAgreed } from '#engine/plan/as-agreed.ts'
import type { ResourceState } from '#engine/plan/resource.ts'
import { sim } from '#test/support/simulated/module.ts'

const segment = sim.tables.find(({ name }) => name === 'segment')
if (!segment) throw new Error('the simulated module has segments')

const place = { accountId: '1', region: 'r' }
const base = { segment_id: 'seg-1', network_id: 1, cidr: '10.0.1.0/24', tags: null }
const edited: ResourceState = {
  ...{ table: 'segment', rowId: 1, resourceId: 1, place, cloudPlace: place, companionOf: null },
  ...{ base, observed: base, cloudId: { segment_id: 'seg-1' }, baseVersion: 1, editVersion: 2 },
  desired: { ...base, segment_id: 'stale', cidr: '10.0.2.0/24' },
  edit: { actor: 'bob', at: '2026-01-01T00:00:00Z', companion: false },
}

test('it says what was agreed on, and is not edited', () => {
  expect(asAgreed(segment, edited)).toMatchObject({
    desired: { cidr: '10.0.1.0/24', segment_id: 'stale' },
    editVersion: 1,
    edit: null,
  })
})

test('of a column that nobody knows the state of it says what it says, and stays edited', () => {
  const unsure = { ...edited, base: loosened(base, ['cidr']), desired: { ...edited.desired, network_id: 2 } }

  expect(asAgreed(segment, unsure)).toMatchObject({
    desired: { cidr: '10.0.2.0/24', network_id: 1 },
    editVersion: 2,
  })
})

test.each([
  ['that does not stand', { ...edited, base: null, observed: null }],
  ['that the cloud has lost', { ...edited, observed: null }],
  ['that was deleted', { ...edited, desired: null }],
  ['that was not edited', { ...edited, editVersion: 1 }],
])('one %s is as it is', (_, state) => {
  expect(asAgreed(segment, state)).toBe(state)
})
