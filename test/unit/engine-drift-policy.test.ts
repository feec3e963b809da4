import { describe, expect, test } from 'vitest'
import { formatExpression } from '#engine/expression/expression.ts'
import { keepingExpressions, type PolicyEntry, policyLookup } from '#engine/merge/drift-policy.ts'
import type { DriftPolicy } from '#engine/merge/merge-column.ts'
import { settleRow } from '#engine/merge/settle-row.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { planChanges } from '#engine/plan/plan-changes.ts'
import { applied, edited, networks, resourceIdOf } from '#test/support/engine-tables.ts'

const entry = (rowId: number | null, column: string | null, policy: DriftPolicy): PolicyEntry => ({
  table: 'queue',
  rowId,
  column,
  policy,
})

describe('which policy holds', () => {
  const table = entry(null, null, 'observe')
  const ofColumn = entry(null, 'delay', 'track')
  const ofRow = entry(1, null, 'enforce')
  const ofBoth = entry(1, 'delay', 'observe')

  test.each([
    ['nothing is said', [], 1, 'delay', 'track'],
    ['only the table is named', [table], 1, 'delay', 'observe'],
    ['a column is named', [table, ofColumn], 1, 'delay', 'track'],
    ['a row is named, it comes before the column', [table, ofColumn, ofRow], 1, 'delay', 'enforce'],
    ['both are named', [ofRow, ofBoth, table, ofColumn], 1, 'delay', 'observe'],
    ['another row is meant', [ofRow, ofBoth], 2, 'delay', 'track'],
    ['another column is meant', [ofBoth, ofColumn], 1, 'name', 'track'],
    ['the whole resource is meant, columns say nothing', [ofBoth, ofColumn], 1, '', 'track'],
    ['the whole resource is meant, its row says it', [ofRow, ofColumn, table], 1, '', 'enforce'],
  ] as const)('%s', (_, entries, row, column, policy) => {
    expect(policyLookup(entries)('queue', row, column)).toBe(policy)
  })

  test('another table has a policy of its own', () => {
    expect(policyLookup([table])('vpc', 1, 'delay')).toBe('track')
  })

  test('an expression is kept where drift would be pulled, and may still be only observed', () => {
    const row = { policy: formatExpression({ table: 'queue', id: 4, column: 'url' }), name: 'jobs' }

    expect(keepingExpressions(row, () => 'track')('policy')).toBe('enforce')
    expect(keepingExpressions(row, () => 'observe')('policy')).toBe('observe')
    expect(keepingExpressions(row, () => 'track')('name')).toBe('track')
  })
})

describe('what counts as drift', () => {
  const queue = networks.get('queue') as TableSpec
  const base = { name: 'jobs', fifo_queue: false, visibility_timeout: 30, url: 'https://q' }
  const drifted = (states: { desired?: object; observed?: object }, policy: DriftPolicy) =>
    settleRow(
      queue,
      { desired: { ...base, ...states.desired }, base, observed: { ...base, ...states.observed } },
      () => policy,
    ).drifted

  test.each([
    ['pulled, it is none', {}, 'track', []],
    ['observed', {}, 'observe', ['visibility_timeout']],
    ['enforced', {}, 'enforce', ['visibility_timeout']],
    ['edited as well', { visibility_timeout: 60 }, 'track', ['visibility_timeout']],
    ['edited to what the cloud has', { visibility_timeout: 45 }, 'observe', []],
  ] as const)('a change of the cloud, %s', (_, desired, policy, columns) => {
    expect(drifted({ desired, observed: { visibility_timeout: 45 } }, policy)).toEqual(columns)
  })

  test('an edit that waits is none', () => {
    expect(drifted({ desired: { visibility_timeout: 60 } }, 'enforce')).toEqual([])
  })

  test('outputs are always the cloud’s', () => {
    expect(drifted({ observed: { url: 'https://other' } }, 'enforce')).toEqual([])
  })
})

describe('what is planned of it', () => {
  const queue = applied('queue', 4, {
    name: 'jobs',
    fifo_queue: false,
    visibility_timeout: 30,
    url: 'https://q',
  })
  const elsewhere = { ...queue, observed: { ...queue.base, visibility_timeout: 45 } }
  const plan = (policy: DriftPolicy, ...resources: Parameters<typeof planChanges>[0]['resources']) =>
    planChanges({ tables: networks, resources, policy: () => policy }).changes

  test('observed, nothing, also beside an edit of another column', () => {
    expect(plan('observe', elsewhere)).toEqual([])
    expect(plan('observe', edited(elsewhere, { policy: { a: 1 } }))).toMatchObject([
      { delta: { policy: { a: 1 } } },
    ])
  })

  test('enforced, the table’s value, and the reason says why', () => {
    expect(plan('enforce', elsewhere)).toMatchObject([
      { reason: 'visibility_timeout changed in the cloud; the policy enforces the table' },
    ])
    expect(plan('enforce', edited(elsewhere, { policy: { a: 1 } }))).toMatchObject([
      {
        delta: { visibility_timeout: 30, policy: { a: 1 } },
        reason: 'visibility_timeout changed in the cloud; the policy enforces the table; policy changed',
      },
    ])
  })

  test('enforced, what is not yet written into the row is no drift', () => {
    const read = { ...queue.base, visibility_timeout: 45 }

    expect(plan('enforce', { ...queue, base: read, observed: read })).toEqual([])
  })

  test('enforced, what is gone is created again, but not what AWS makes along with a parent', () => {
    const main = applied('route_table', 3, { vpc_id: 1 }, { companionOf: resourceIdOf('vpc', 1) })

    expect(plan('enforce', { ...queue, observed: null })).toMatchObject([
      { action: 'create', reason: 'gone in the cloud; the policy enforces the table' },
    ])
    expect(plan('enforce', { ...main, observed: null })).toEqual([])
  })

  test('enforced, what is gone brings back what it needs, and says why', () => {
    const vpc = applied('vpc', 1, { cidr_block: '10.0.0.0/16', tags: { Name: 'net' }, vpc_id: 'vpc-1' })
    const main = applied('route_table', 3, { vpc_id: 1 }, { companionOf: resourceIdOf('vpc', 1) })
    const route = applied('route', 6, { route_table_id: 3 })
    const lost = [vpc, main, route].map((resource) => ({ ...resource, observed: null }))
    const policy = (table: string): DriftPolicy => (table === 'route' ? 'enforce' : 'track')

    const { changes } = planChanges({ tables: networks, resources: lost, policy })

    expect(changes.map(({ key, action, reason }) => `${action} ${key}: ${reason}`)).toEqual([
      'create route/6: gone in the cloud; the policy enforces the table',
      `create vpc/1: gone in the cloud; route ${changes[0]?.naturalName} needs it`,
    ])
  })

  test('an expression that the cloud changed is written back, unless its row is gone', () => {
    const policy = { Resource: formatExpression({ table: 'queue', id: 4, column: 'url' }) }
    const holder = applied('queue', 8, { name: 'other', policy: { Resource: 'https://q' } })
    const changed = {
      ...holder,
      desired: { ...holder.desired, policy },
      observed: { ...holder.base, policy: null },
    }

    expect(plan('track', changed, queue)).toMatchObject([
      { key: 'queue/8', action: 'update', delta: { policy } },
    ])
    expect(plan('observe', changed, queue)).toEqual([])
    expect(plan('track', changed)).toEqual([])
  })
})
