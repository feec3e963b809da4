/** Of several rows that the cloud takes only one of: who is tried first, and what becomes of the others. */
import { expect, test } from 'vitest'
import { orderChanges } from '#engine/order/order-changes.ts'
import type { Step, StepNeed } from '#engine/order/step.ts'
import { planChanges } from '#engine/plan/plan-changes.ts'
import type { PlannedChange } from '#engine/plan/planned-change.ts'
import { tableLookup } from '#engine/plan/resource.ts'
import { applied, change, column, inserted, networks, table } from '#test/support/engine-tables.ts'
import { simulate } from '#test/support/simulated-execution.ts'

const tried = (step: string): StepNeed => ({ step, milestone: 'tried' })

function needsIn(changes: readonly PlannedChange[], tables = networks) {
  const ordered = orderChanges(changes, tables)
  if (ordered.kind === 'cycle') throw new Error(ordered.message)
  const waiting = ordered.steps.filter(({ needs }) => needs.length > 0)
  return {
    needs: Object.fromEntries(waiting.map(({ key, needs }) => [key, needs])),
    dependsOn: ordered.dependsOn,
  }
}

test('the older is tried first, whatever its id looks like as a text, and nobody depends on that', () => {
  const vpc = applied('vpc', 1, { cidr_block: '10.0.0.0/16', tags: {} })
  const subnet = (id: number, cidr: string) => inserted('subnet', id, { vpc_id: 1, cidr_block: cidr })
  const resources = [vpc, subnet(10, '10.0.1.0/24'), subnet(9, '10.0.1.0/24'), subnet(8, '10.0.2.0/24')]

  const { needs, dependsOn } = needsIn(planChanges({ tables: networks, resources }).changes)

  expect(needs).toEqual({ 'subnet/10#create': [tried('subnet/9#create')] })
  expect(dependsOn['subnet/10']).toEqual([])
})

test('each waits for the next older only', () => {
  const takes = [{ name: 'jobs', of: 'cloud' }] as const

  const { needs } = needsIn([3, 1, 2].map((id) => change('vpc', id, 'create', { takes })))

  expect(needs).toEqual({ 'vpc/2#create': [tried('vpc/1#create')], 'vpc/3#create': [tried('vpc/2#create')] })
})

test('nobody waits where a key tells the rows apart already, or only our rows collide', () => {
  const takes = (of: 'cloud' | 'table') => [{ name: 'port 80', of }]
  const keyed = tableLookup([table({ name: 'group', uniqueKey: true, columns: { port: column() } })])

  const groups = [1, 2].map((id) => change('group', id, 'create', { takes: takes('cloud') }))
  const ours = [1, 2].map((id) => change('vpc', id, 'create', { takes: takes('table') }))

  expect(needsIn(groups, keyed).needs).toEqual({})
  expect(needsIn(ours).needs).toEqual({})
})

test('a turn comes once the one before exists, has failed, or was skipped', () => {
  const step = (key: string, needs: readonly StepNeed[] = []): Step => ({
    key,
    change: key,
    kind: 'create',
    table: 'subnet',
    accountId: '1',
    region: 'us-east-1',
    needs,
    columns: null,
    without: [],
    clears: [],
    estimateMs: 100,
    priorityMs: 100,
  })
  const line = [
    step('a'),
    step('b', [{ step: 'a', milestone: 'ready' }, tried('a')]),
    step('c', [tried('b')]),
    step('d', [tried('c')]),
  ]
  const failed = [{ kind: 'failed', retry: 'never' }] as const

  const broken = simulate(line, { answers: { a: failed, c: failed } })
  const late = simulate(line, { answers: { a: [{ kind: 'failed', retry: 'throttled' }, { kind: 'done' }] } })
  const slow = simulate(line, { answers: { c: [{ kind: 'waiting', polls: 1_000 }] }, cancelAtMs: 5_000 })

  expect(broken.calls).toEqual(['a', 'c', 'd'])
  expect(broken.states).toEqual({ a: 'failed', b: 'skipped', c: 'failed', d: 'done' })
  expect(late.calls).toEqual(['a', 'a', 'b', 'c', 'd'])
  expect(slow.states.d).toBe('done')
})
