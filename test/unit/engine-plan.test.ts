import { describe, expect, test } from 'vitest'
import { formatExpression } from '#engine/expression/expression.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { asAdoption } from '#engine/plan/adoption.ts'
import { describeId } from '#engine/plan/natural-name.ts'
import { planChanges } from '#engine/plan/plan-changes.ts'
import type { ResourceState } from '#engine/plan/resource.ts'
import {
  applied,
  column,
  deleted,
  edited,
  inserted,
  networks,
  resourceIdOf,
} from '#test/support/engine-tables.ts'

const plan = (...resources: readonly ResourceState[]) => planChanges({ tables: networks, resources })
const vpc = applied('vpc', 1, { cidr_block: '10.0.0.0/16', tags: { Name: 'first' }, vpc_id: 'vpc-1' })
const subnet = applied('subnet', 2, { vpc_id: 1, cidr_block: '10.0.1.0/24' })
const main = applied('route_table', 3, { vpc_id: 1 }, { companionOf: resourceIdOf('vpc', 1) })
const queue = applied('queue', 4, {
  name: 'jobs',
  fifo_queue: false,
  visibility_timeout: 30,
  url: 'https://q',
})

const actions = (...resources: readonly ResourceState[]) =>
  plan(...resources).changes.map(({ key, action }) => `${action} ${key}`)

describe('one resource', () => {
  test('at rest nothing is planned', () => {
    expect(plan(vpc, subnet, main, queue)).toEqual({ changes: [], settlements: [], notices: [] })
  })

  test('an inserted row is created, with what the user gave', () => {
    const [change] = plan(inserted('queue', 9, { name: 'new', fifo_queue: false, url: null })).changes

    expect(change).toMatchObject({
      action: 'create',
      naturalName: 'new',
      changed: { name: { from: null, to: 'new' }, fifo_queue: { from: null, to: false } },
      reason: 'row inserted',
      actor: 'ann',
      risk: 'none',
    })
  })

  test('an edit in place is an update', () => {
    const [change] = plan(edited(queue, { visibility_timeout: 60 })).changes

    expect(change).toMatchObject({
      action: 'update',
      delta: { visibility_timeout: 60 },
      changed: { visibility_timeout: { from: 30, to: 60 } },
      reason: 'visibility_timeout changed',
    })
  })

  test('an edit that cannot be made in place is a replacement', () => {
    expect(plan(edited(vpc, { cidr_block: '10.1.0.0/16' })).changes[0]).toMatchObject({
      action: 'replace',
      replaceBefore: false,
      risk: 'deletes data',
    })
  })

  test('where the name stays the same, the old one goes first', () => {
    expect(plan(edited(queue, { fifo_queue: true })).changes[0]).toMatchObject({ replaceBefore: true })
    expect(plan(edited(queue, { name: 'other' })).changes[0]).toMatchObject({ replaceBefore: false })
  })

  test('a row in another place is replaced there', () => {
    const moved = { ...edited(vpc, {}), place: { ...vpc.place, region: 'eu-west-1' } }

    expect(plan(moved).changes[0]).toMatchObject({ action: 'replace', place: { region: 'eu-west-1' } })
  })

  test('a row without an edit is never pushed, even while its last read is not yet written into it', () => {
    const unprojected = {
      ...queue,
      base: { ...queue.base, visibility_timeout: 45 },
      observed: { ...queue.base, visibility_timeout: 45 },
    }

    expect(actions(unprojected)).toEqual([])
  })

  test('where the policy enforces the table, drift is written back', () => {
    const drifted = { ...queue, observed: { ...queue.base, visibility_timeout: 45 } }

    const { changes } = planChanges({ tables: networks, resources: [drifted], policy: () => 'enforce' })

    expect(changes).toMatchObject([{ action: 'update', delta: { visibility_timeout: 30 } }])
  })

  test('a deleted row is deleted, forgotten or nothing, by what the cloud has', () => {
    expect(actions(deleted(queue))).toEqual(['delete queue/4'])
    expect(actions(deleted({ ...queue, observed: null }))).toEqual(['forget queue/4'])
    expect(plan(deleted(inserted('queue', 9, { name: 'x' })))).toMatchObject({
      changes: [],
      settlements: [{ rowId: 9, base: null }],
    })
  })

  test('an edit that came to nothing is settled without a call', () => {
    const result = plan(edited(queue, { url: 'mine' }))

    expect(result.changes).toEqual([])
    expect(result.settlements).toMatchObject([{ rowId: 4, write: { url: 'https://q' }, editVersion: 11 }])
  })

  test('against a change in the cloud the table wins, and says so', () => {
    const both = {
      ...edited(queue, { visibility_timeout: 60 }),
      observed: { ...queue.base, visibility_timeout: 45 },
    }

    const result = plan(both)

    expect(result.changes[0]).toMatchObject({
      conflicts: ['visibility_timeout'],
      delta: { visibility_timeout: 60 },
    })
    expect(result.notices).toEqual([
      'queue jobs: visibility_timeout is 60 here and 45 in the cloud; the table wins.',
    ])
  })

  test('drift of an untouched column rides along with the change', () => {
    const drifted = {
      ...edited(queue, { visibility_timeout: 60 }),
      observed: { ...queue.base, policy: { a: 1 } },
    }

    expect(plan(drifted).changes[0]).toMatchObject({
      delta: { visibility_timeout: 60 },
      pulls: { policy: { a: 1 } },
    })
  })

  test('an edited row that the cloud lost is created again', () => {
    expect(actions(edited({ ...queue, observed: null }, { visibility_timeout: 60 }))).toEqual([
      'create queue/4',
    ])
    expect(actions({ ...queue, observed: null })).toEqual([])
  })
})

describe('resources of one another', () => {
  test('what points at a replaced one is pointed at the new one, or replaced', () => {
    const gateway = applied('gateway', 5, { vpc_id: 1 })
    const { changes } = plan(edited(vpc, { cidr_block: '10.1.0.0/16' }), subnet, gateway)

    expect(changes.map(({ key, action }) => `${action} ${key}`)).toEqual([
      'update gateway/5',
      'replace subnet/2',
      'replace vpc/1',
    ])
    expect(changes[0]).toMatchObject({ unknown: ['vpc_id'], reason: 'vpc first is replaced' })
  })

  test('companions are made anew by AWS; only what uses them is planned', () => {
    const route = applied('route', 6, { route_table_id: 3 })

    expect(actions(edited(vpc, { cidr_block: '10.1.0.0/16' }), main, route)).toEqual([
      'replace route/6',
      'replace vpc/1',
    ])
  })

  test('a companion goes with its parent, without a call', () => {
    const { changes } = plan(deleted(vpc), deleted(main))

    expect(changes).toMatchObject([
      { key: 'route_table/3', action: 'delete', companion: true, calls: 0, parent: 'vpc/1' },
      { key: 'vpc/1', action: 'delete', companion: false, calls: 1 },
    ])
  })

  test('names of parents are part of a name', () => {
    const [change] = plan(inserted('subnet', 7, { vpc_id: 1, cidr_block: '10.0.2.0/24' }), vpc).changes

    expect(change).toMatchObject({ naturalName: 'first/10.0.2.0/24' })
    expect(change && describeId(change)).toBe('first/10.0.2.0/24')
  })
})

describe('values known only later', () => {
  const policy = { Resource: formatExpression({ table: 'queue', id: 4, column: 'url' }) }

  test('of a row that is there already are compared by value', () => {
    const other = applied('queue', 8, { name: 'other', policy: { Resource: 'https://q' } })

    expect(plan(edited(other, { policy }), queue).changes).toEqual([])
  })

  test('make the row dirty when the output has changed', () => {
    const other = applied('queue', 8, { name: 'other', policy: { Resource: 'https://q' } }, {})
    const holder = { ...other, desired: { name: 'other', policy } }
    const renewed = { ...queue, observed: { ...queue.observed, url: 'https://new' } }

    expect(actions(holder, renewed)).toEqual(['update queue/8'])
  })

  test('of a row still to be made are unknown, and an edge', () => {
    const target = inserted('queue', 4, { name: 'jobs' })

    const change = plan(inserted('queue', 8, { name: 'other', policy }), target).changes.find(
      ({ rowId }) => rowId === 8,
    )

    expect(change).toMatchObject({ unknown: ['policy'], delta: { policy } })
    expect(change?.references).toMatchObject([{ column: 'policy', target: 'queue/4', cuttable: true }])
  })
})

test('an expression about a row that is gone keeps the last value, and says so', () => {
  const policy = { Resource: formatExpression({ table: 'queue', id: 99, column: 'url' }) }
  const holder = applied('queue', 8, {
    name: 'other',
    visibility_timeout: 30,
    policy: { Resource: 'https://q' },
  })

  const { changes, notices } = plan(edited(holder, { policy, visibility_timeout: 60 }))

  expect(changes).toMatchObject([{ delta: { visibility_timeout: 60 }, unknown: [] }])
  expect(notices).toEqual(['queue other: policy refers to a row that is gone; set another value.'])
})

test('an adoption leaves alone what the row has at its default, which nobody may have asked for', () => {
  const columns = { ...networks.get('queue')?.columns, delay: column({ sqlType: 'integer', default: 0 }) }
  const queue = { ...(networks.get('queue') as TableSpec), columns }
  const desired = { name: 'jobs', visibility_timeout: 60, delay: 0 }
  const [change] = plan(inserted('queue', 9, desired)).changes
  const observed = { name: 'jobs', visibility_timeout: 30, delay: 20 }

  const adoption = change && asAdoption(change, queue, { cloudId: { url: 'q' }, observed, desired })

  expect(adoption).toMatchObject({ delta: { visibility_timeout: 60 }, calls: 1 })
  expect(adoption?.changed).not.toHaveProperty('delay')
})

test('a create whose name the cloud has already becomes an adoption', () => {
  const row = { name: 'jobs', visibility_timeout: 60, fifo_queue: false }
  const [change] = plan(inserted('queue', 9, row)).changes
  const found = { cloudId: { url: 'q' }, observed: { name: 'jobs', visibility_timeout: 30 }, desired: row }

  const adoption = change && asAdoption(change, networks.get('queue') as TableSpec, found)

  expect(adoption).toMatchObject({ action: 'adopt', risk: 'takes over', delta: { visibility_timeout: 60 } })
})
