import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatExpression, listExpressions } from '#engine/expression/expression.ts'
import type { Json, Row } from '#engine/model/json.ts'
import { SimulatedCloud } from '#test/support/simulated-cloud.ts'

const id = fc.integer({ min: 1, max: 4 })
const perhaps = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: null })
const queueUrl = id.map(
  (target): Json => ({ Resource: formatExpression({ table: 'queue', id: target, column: 'url' }) }),
)

const queueRow: fc.Arbitrary<Row> = fc.record({
  name: fc.constantFrom('a', 'b', 'c', 'd'),
  fifo_queue: fc.boolean(),
  visibility_timeout: perhaps(fc.constantFrom<Json>(10, 60)),
  policy: perhaps(fc.oneof(queueUrl, fc.constant<Json>({ Statement: { Action: 'sqs:*' } }))),
})

type Act = (world: SimulatedCloud) => void

/** As the statement checks: an expression is about a row that is there. */
const known = (world: SimulatedCloud, { policy = null, ...row }: Row): Row => {
  const isThere = listExpressions(policy).every(
    ({ table, id: target }) => world.rows.get(`${table}/${target}`)?.desired,
  )
  return { ...row, policy: isThere ? policy : null }
}

const act: fc.Arbitrary<Act> = fc.oneof(
  fc.tuple(id, queueRow).map(
    ([row, values]): Act =>
      (world) => {
        const isThere = world.rows.get(`queue/${row}`)?.desired
        if (isThere) world.edit(`queue/${row}`, known(world, values))
        else world.insert('queue', row, known(world, values))
      },
  ),
  fc.tuple(id, perhaps(id)).map(
    ([row, target]): Act =>
      (world) => {
        if (target === null || world.rows.get(`queue/${target}`)?.desired) {
          world.edit(`queue/${row}`, { redrive_target_id: target })
        }
      },
  ),
  id.map(
    (row): Act =>
      (world) =>
        world.edit(`queue/${row}`, { url: 'mine' }),
  ),
  fc.tuple(id, fc.constantFrom<Json>(5, 10, 60)).map(
    ([row, seconds]): Act =>
      (world) =>
        world.drift(`queue/${row}`, { visibility_timeout: seconds }),
  ),
  fc.tuple(id, fc.constantFrom('10.0.0.0/16', '10.1.0.0/16')).map(
    ([row, cidr]): Act =>
      (world) => {
        world.insert('vpc', row, { cidr_block: cidr })
        world.edit(`vpc/${row}`, { cidr_block: cidr })
      },
  ),
  fc.tuple(id, id, fc.constantFrom('subnet', 'gateway')).map(
    ([row, vpc, table]): Act =>
      (world) => {
        if (!world.rows.get(`vpc/${vpc}`)?.desired) return
        const own = table === 'subnet' ? { cidr_block: `10.0.${row}.0/24` } : {}
        world.insert(table, row, { vpc_id: vpc, ...own })
        world.edit(`${table}/${row}`, { vpc_id: vpc })
      },
  ),
  fc.tuple(fc.constantFrom('queue', 'vpc', 'subnet', 'gateway'), id).map(
    ([table, row]): Act =>
      (world) =>
        world.remove(`${table}/${row}`),
  ),
  fc.constant<Act>((world) => world.sync()),
)
const story = fc.array(fc.array(act, { maxLength: 12 }), { minLength: 1, maxLength: 4 })

const summary = (world: SimulatedCloud) => {
  const { changes, settlements } = world.plan()
  return [...changes.map(({ key, action, reason }) => `${action} ${key}: ${reason}`), ...settlements]
}

test('right after an apply the plan is empty', () => {
  fc.assert(
    fc.property(story, (chapters) => {
      const world = new SimulatedCloud()
      for (const acts of chapters) {
        for (const each of acts) each(world)
        world.apply()

        expect(summary(world)).toEqual([])
      }
    }),
    { numRuns: 300 },
  )
})

test('an apply leaves the cloud as the rows say', () => {
  fc.assert(
    fc.property(story, (chapters) => {
      const world = new SimulatedCloud()
      for (const acts of chapters) {
        for (const each of acts) each(world)
        world.sync()
        const wanted = [...world.rows.values()]
          .filter(({ desired }) => desired)
          .map(({ table, rowId }) => `${table}/${rowId}`)
        world.apply()

        expect([...world.rows.keys()].sort()).toEqual(wanted.sort())
        for (const resource of world.rows.values())
          expect(resource.observed).toMatchObject(world.resolved(resource))
      }
    }),
  )
})

test('a sync without edits leaves nothing to do, and keeps every edit that waits', () => {
  fc.assert(
    fc.property(story, fc.array(fc.tuple(id, fc.constantFrom<Json>(5, 10, 60))), (chapters, drifts) => {
      const world = new SimulatedCloud()
      for (const acts of chapters) for (const each of acts) each(world)
      world.apply()
      for (const [row, seconds] of drifts) world.drift(`queue/${row}`, { visibility_timeout: seconds })

      world.sync()
      expect(summary(world)).toEqual([])

      for (const key of world.rows.keys()) world.edit(key, { visibility_timeout: 77 })
      world.sync()
      for (const { desired } of world.rows.values()) expect(desired).toMatchObject({ visibility_timeout: 77 })
    }),
  )
})
