/** Rows whose writes share a call, and companions that users may end, as the plan sees them. */
import { describe, expect, test } from 'vitest'
import { planChanges } from '#engine/plan/plan-changes.ts'
import { type ResourceState, tableLookup } from '#engine/plan/resource.ts'
import { applied, column, deleted, edited, inserted, refersTo, table } from '#test/support/engine-tables.ts'

const tables = tableLookup([
  table({ name: 'zone', columns: { name: column() } }),
  table({
    name: 'record',
    createdWith: [{ parent: 'test.zone', via: 'zone_id', removable: true }],
    grouped: { by: { create: ['zone_id', 'tags'], update: ['zone_id'], delete: ['zone_id'] }, max: 3 },
    columns: {
      zone_id: refersTo('test.zone', { replaces: 'after' }),
      value: column(),
      kind: column({ replaces: 'after' }),
      tags: column({ sqlType: 'jsonb', equality: 'tags' }),
    },
  }),
])
const zones = [1, 2].map((id) => applied('zone', id, { name: `zone ${id}` }, { resourceId: id }))
const record = (id: number, zone = 1, change: Partial<ResourceState> = {}) =>
  applied(
    'record',
    id,
    { zone_id: zone, value: 'a', kind: 'x', tags: {} },
    { resourceId: 100 + id, ...change },
  )
const planOf = (...resources: readonly ResourceState[]) =>
  planChanges({ tables, resources: [...zones, ...resources] }).changes
const callsOf = (...resources: readonly ResourceState[]) => planOf(...resources).map(({ calls }) => calls)

describe('calls that rows share', () => {
  test('are borne by the first row of each', () => {
    const many = [1, 2, 3, 4].map((id) => inserted('record', id, { zone_id: 1, value: 'a' }))

    expect(callsOf(...many)).toEqual([1, 0, 0, 1])
  })

  test('are shared only by rows with the same values in the columns that matter', () => {
    const tagged = (id: number, zone: number, team: string) =>
      inserted('record', id, { zone_id: zone, tags: { team } })

    expect(callsOf(tagged(1, 1, 'a'), tagged(2, 2, 'a'), tagged(3, 1, 'b'), tagged(4, 1, 'a'))).toEqual([
      1, 1, 1, 0,
    ])
  })

  test('leave to each row what it needs a call of its own for', () => {
    const both = [1, 2].map((id) => edited(record(id), { value: 'b', tags: { team: 'a' } }))
    const tags = edited(record(3), { tags: { team: 'a' } })

    expect(callsOf(...both, tags)).toEqual([2, 1, 1])
  })

  test('of a replacement are those of its two halves', () => {
    const replaced = [1, 2].map((id) => edited(record(id), { kind: 'y' }))

    expect(callsOf(...replaced, deleted(record(3)))).toEqual([2, 0, 0])
  })
})

describe('a companion that users may end', () => {
  const made = record(1, 1, { companionOf: 1 })

  test('is deleted by a call while its parent stands', () => {
    expect(planOf(deleted(made))).toMatchObject([{ action: 'delete', companion: false, calls: 1 }])
  })

  test('goes with its parent without a call', () => {
    const [zone, other] = zones
    if (!zone || !other) throw new Error('no zones')

    const { changes } = planChanges({ tables, resources: [deleted(zone), other, deleted(made)] })

    expect(changes).toMatchObject([
      { key: 'record/1', companion: true, calls: 0 },
      { key: 'zone/1', companion: false },
    ])
  })
})
