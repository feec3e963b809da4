import { describe, expect, test } from 'vitest'
import { orderChanges } from '#engine/order/order-changes.ts'
import { planChanges } from '#engine/plan/plan-changes.ts'
import type { ChangeReference, PlannedChange } from '#engine/plan/planned-change.ts'
import type { ResourceState } from '#engine/plan/resource.ts'
import {
  applied,
  change,
  deleted,
  edited,
  inserted,
  networks,
  resourceIdOf,
} from '#test/support/engine-tables.ts'

const order = (changes: readonly PlannedChange[]) => {
  const ordered = orderChanges(changes, networks)
  if (ordered.kind === 'cycle') throw new Error(ordered.message)
  return ordered
}
const planned = (...resources: readonly ResourceState[]) =>
  order(planChanges({ tables: networks, resources }).changes)
const keys = (...resources: readonly ResourceState[]) => planned(...resources).steps.map(({ key }) => key)
const to = (target: string, more: Partial<ChangeReference> = {}): ChangeReference => ({
  column: 'vpc_id',
  target,
  need: 'ready',
  side: 'desired',
  cuttable: false,
  ...more,
})

const vpc = applied('vpc', 1, { cidr_block: '10.0.0.0/16', tags: { Name: 'first' } })
const subnet = applied('subnet', 2, { vpc_id: 1, cidr_block: '10.0.1.0/24' })
const gateway = applied('gateway', 5, { vpc_id: 1 })

describe('dependencies', () => {
  test('come first when made, last when deleted', () => {
    expect(keys(inserted('subnet', 2, { vpc_id: 1 }), inserted('vpc', 1, {}))).toEqual([
      'vpc/1#create',
      'subnet/2#create',
    ])
    expect(keys(deleted(vpc), deleted(subnet))).toEqual(['subnet/2#delete', 'vpc/1#delete'])
  })

  test('are listed by change', () => {
    const { dependsOn } = planned(inserted('subnet', 2, { vpc_id: 1 }), inserted('vpc', 1, {}))

    expect(dependsOn).toEqual({ 'vpc/1': [], 'subnet/2': ['vpc/1'] })
  })

  test('say which milestone is needed', () => {
    const target = inserted('queue', 1, { name: 'dead' })
    const source = inserted('queue', 2, { name: 'jobs', redrive_target_id: 1 })

    expect(planned(source, target).steps.at(-1)?.needs).toEqual([
      { step: 'queue/1#create', milestone: 'exists' },
    ])
  })

  test('what points elsewhere lets go before the old target is deleted', () => {
    const moved = edited(gateway, { vpc_id: null })

    expect(keys(moved, deleted(vpc))).toEqual(['gateway/5#update', 'vpc/1#delete'])
  })
})

describe('replacing', () => {
  test('dependants move over between the new one and the end of the old one', () => {
    const steps = keys(edited(vpc, { cidr_block: '10.1.0.0/16' }), subnet, gateway)
    const at = (key: string) => steps.indexOf(key)

    expect(at('vpc/1#create')).toBe(0)
    expect(at('vpc/1#delete')).toBe(steps.length - 1)
    expect(at('gateway/5#update')).toBeGreaterThan(0)
    expect(at('subnet/2#create')).toBeLessThan(at('subnet/2#delete'))
  })

  test('the old one goes first where names collide', () => {
    expect(keys(edited(subnet, { cidr_block: '10.0.9.0/24' }), vpc)).toEqual([
      'subnet/2#delete',
      'subnet/2#create',
    ])
  })

  test('what is done about a companion is over before its parent is made anew, whatever becomes of it', () => {
    const waiting = (replaceBefore: boolean) => {
      const parent = change('vpc', 1, 'replace', { replaceBefore })
      const updated = change('route_table', 3, 'update', { parent: 'vpc/1' })
      const ended = change('route_table', 4, 'delete', { parent: 'vpc/1' })
      const { steps } = order([parent, updated, ended])
      return steps.flatMap(({ key, needs }) =>
        needs.flatMap(({ step, milestone }) => (milestone === 'tried' ? [`${key} ${step}`] : [])),
      )
    }

    expect(waiting(false)).toEqual(['vpc/1#create route_table/3#update', 'vpc/1#create route_table/4#delete'])
    expect(waiting(true)).toEqual(['vpc/1#delete route_table/3#update', 'vpc/1#delete route_table/4#delete'])
  })

  test('the old one is deleted where it was', () => {
    const moved = { ...edited(vpc, {}), place: { ...vpc.place, region: 'eu-west-1' } }

    expect(planned(moved).steps.map(({ region }) => region)).toEqual(['eu-west-1', 'us-east-1'])
  })
})

test('a name is free before it is taken again', () => {
  const old = deleted(applied('queue', 1, { name: 'jobs' }))

  expect(keys(inserted('queue', 2, { name: 'jobs' }), old)).toEqual(['queue/1#delete', 'queue/2#create'])
})

describe('a name that another still has', () => {
  const isBefore = (all: readonly string[], first: string, then: string) =>
    all.includes(first) && all.indexOf(first) < all.indexOf(then)
  const dead = applied('queue', 2, { name: 'dead' })
  const jobs = applied('queue', 3, { name: 'jobs', redrive_target_id: 2 })
  const renamed = (queue: ResourceState, name: string) => edited(queue, { name })

  test('is freed by what its new owner points at, once that is let go of', () => {
    const steps = keys(renamed(dead, 'old'), renamed(jobs, 'dead'))

    expect(steps).toEqual([
      'queue/2#create',
      'queue/3#clear:redrive_target_id',
      'queue/2#delete',
      'queue/3#create',
      'queue/3#delete',
    ])
  })

  test('is exchanged while one of the two is gone, and the other always stands', () => {
    const [one, two] = [applied('queue', 1, { name: 'a' }), applied('queue', 2, { name: 'b' })]

    expect(keys(renamed(one, 'b'), renamed(two, 'a'))).toEqual([
      'queue/1#delete',
      'queue/2#create',
      'queue/2#delete',
      'queue/1#create',
    ])
  })

  test('goes round a ring of three while one of them is gone', () => {
    const ring = ['a', 'b', 'c'].map((name, id) => applied('queue', id, { name }))

    const steps = keys(...ring.map((queue, id) => renamed(queue, ['b', 'c', 'a'][id] ?? '')))

    expect(steps.filter((key) => isBefore(steps, key.replace('#create', '#delete'), key))).toEqual([
      'queue/0#create',
    ])
    expect(isBefore(steps, 'queue/1#delete', 'queue/0#create')).toBe(true)
    expect(isBefore(steps, 'queue/2#delete', 'queue/1#create')).toBe(true)
    expect(isBefore(steps, 'queue/0#delete', 'queue/2#create')).toBe(true)
  })

  test('passes to a new one that takes over the pointers too', () => {
    const steps = keys(
      deleted(dead),
      inserted('queue', 9, { name: 'dead' }),
      edited(jobs, { redrive_target_id: 9 }),
    )

    expect(steps).toEqual([
      'queue/3#clear:redrive_target_id',
      'queue/2#delete',
      'queue/9#create',
      'queue/3#update',
    ])
  })

  test('is waited for by one column of an update alone, while another lets go', () => {
    const source = (column: string, target: string, side: ChangeReference['side']) =>
      to(target, { column, side })
    const name = [{ name: 'dead', of: 'cloud' }] as const
    const moving = change('gateway', 1, 'update', {
      references: [source('left', 'vpc/3', 'base'), source('right', 'vpc/4', 'desired')],
    })
    const freed = change('vpc', 3, 'delete', { frees: name })
    const made = change('vpc', 4, 'create', { takes: name })

    expect(order([moving, freed, made]).steps.map(({ key }) => key)).toEqual([
      'gateway/1#update',
      'vpc/3#delete',
      'vpc/4#create',
      'gateway/1#update:right',
    ])
  })

  test('is taken by force from what points there and cannot let go', () => {
    const name = [{ name: 'dead', of: 'cloud' }] as const
    const moving = change('gateway', 1, 'update', {
      references: [to('vpc/3', { side: 'base' }), to('vpc/4', { side: 'desired' })],
    })
    const freed = change('vpc', 3, 'delete', { frees: name })

    expect(
      order([moving, freed, change('vpc', 4, 'create', { takes: name })]).steps.map(({ key }) => key),
    ).toEqual(['vpc/3#delete', 'vpc/4#create', 'gateway/1#update'])
  })

  test('is no reason to wait in a circle where only our rows are told apart by it', () => {
    const circleOf = (of: 'cloud' | 'table') => [
      change('vpc', 3, 'delete', { frees: [{ name: 'dead', of }] }),
      change('vpc', 4, 'create', { takes: [{ name: 'dead', of }] }),
      change('vpc', 5, 'replace', {
        references: [to('vpc/4'), to('vpc/3', { side: 'base', isFixed: true })],
      }),
    ]

    expect(order(circleOf('table')).steps).toHaveLength(4)
    expect(() => order(circleOf('cloud'))).toThrow(/wait for one another in a circle/)
  })

  test('is none of the same network in another VPC', () => {
    const [left, right] = [1, 6].map((id) => applied('vpc', id, { cidr_block: '10.0.0.0/16', tags: {} }))
    if (!left || !right) throw new Error('two networks are given')
    const twins = [left, right].map(({ rowId }) =>
      applied('subnet', 10 + rowId, { vpc_id: rowId, cidr_block: '10.0.1.0/24' }),
    )
    const moved = [left, right].map((one) => edited(one, { cidr_block: '10.1.0.0/16' }))

    const steps = keys(...moved, ...twins)

    for (const id of [11, 16])
      expect(isBefore(steps, `subnet/${id}#create`, `subnet/${id}#delete`)).toBe(true)
  })
})

test('companions go after their parent, whatever they point at', () => {
  const main = applied('route_table', 3, { vpc_id: 1 }, { companionOf: resourceIdOf('vpc', 1) })
  const local = applied('route', 4, { route_table_id: 3 }, { companionOf: resourceIdOf('route_table', 3) })
  const own = applied('route', 5, { route_table_id: 3 })

  const steps = keys(deleted(vpc), deleted(main), deleted(local), deleted(own))

  expect(steps.slice(0, 2)).toEqual(['route/5#delete', 'vpc/1#delete'])
  expect(steps.slice(2).sort()).toEqual(['route/4#companion', 'route_table/3#companion'])
})

describe('cycles', () => {
  test('of two new resources are cut by an update at the end', () => {
    const left = inserted('queue', 1, { name: 'a', redrive_target_id: 2 })
    const right = inserted('queue', 2, { name: 'b', redrive_target_id: 1 })

    const { steps } = planned(left, right)

    expect(steps.map(({ key }) => key)).toEqual([
      'queue/1#create',
      'queue/2#create',
      'queue/1#update:redrive_target_id',
    ])
    expect(steps[0]).toMatchObject({ without: ['redrive_target_id'] })
    expect(steps[2]).toMatchObject({ kind: 'update', columns: ['redrive_target_id'], estimateMs: 500 })
  })

  test('of a resource with itself likewise', () => {
    const { steps } = planned(inserted('queue', 1, { name: 'a', redrive_target_id: 1 }))

    expect(steps.map(({ key }) => key)).toEqual(['queue/1#create', 'queue/1#update:redrive_target_id'])
  })

  test('of deletes are cut by clearing first', () => {
    const left = applied('queue', 1, { name: 'a', redrive_target_id: 2 })
    const right = applied('queue', 2, { name: 'b', redrive_target_id: 1 })

    const { steps } = planned(deleted(left), deleted(right))

    expect(steps).toHaveLength(3)
    expect(steps[0]).toMatchObject({ kind: 'update', clears: ['redrive_target_id'] })
  })

  test('that cannot be cut are named', () => {
    const left = change('vpc', 1, 'create', { naturalName: 'a', references: [to('vpc/2')] })
    const right = change('vpc', 2, 'create', { naturalName: 'b', references: [to('vpc/1')] })

    expect(orderChanges([left, right], networks)).toEqual({
      kind: 'cycle',
      keys: ['vpc/1', 'vpc/2'],
      message: 'these changes wait for one another in a circle: vpc a, vpc b',
    })
  })

  test('of updates of what is there already are no cycles', () => {
    const left = change('vpc', 1, 'update', { references: [to('vpc/2')] })
    const right = change('vpc', 2, 'update', { references: [to('vpc/1')] })

    expect(order([left, right]).steps).toHaveLength(2)
  })
})

test('the step with the longest way behind it has the highest priority', () => {
  const { steps } = planned(
    inserted('vpc', 1, {}),
    inserted('subnet', 2, { vpc_id: 1 }),
    inserted('queue', 3, { name: 'alone' }),
  )

  expect(Object.fromEntries(steps.map(({ key, priorityMs }) => [key, priorityMs]))).toEqual({
    'vpc/1#create': 2_000,
    'subnet/2#create': 1_000,
    'queue/3#create': 1_000,
  })
})
