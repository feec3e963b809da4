import fc from 'fast-check'
import { expect, test } from 'vitest'
import { orderChanges } from '#engine/order/order-changes.ts'
import type { ChangeReference, PlannedChange } from '#engine/plan/planned-change.ts'
import { change, networks } from '#test/support/engine-tables.ts'

const actions = ['create', 'update', 'replace', 'delete', 'adopt', 'forget'] as const

const reference = (count: number): fc.Arbitrary<ChangeReference> =>
  fc.record({
    column: fc.constantFrom('a', 'b', 'c'),
    target: fc.integer({ min: 0, max: count - 1 }).map((id) => `vpc/${id}`),
    need: fc.constantFrom('exists', 'ready'),
    side: fc.constantFrom('desired', 'base'),
    cuttable: fc.constant(true),
  })

const changes: fc.Arbitrary<readonly PlannedChange[]> = fc.integer({ min: 1, max: 12 }).chain((count) =>
  fc
    .array(
      fc.record({
        action: fc.constantFrom(...actions),
        references: fc.array(reference(count), { maxLength: 4 }),
        estimateMs: fc.integer({ min: 1, max: 1_000 }),
      }),
      { minLength: count, maxLength: count },
    )
    .map((all) => all.map(({ action, ...more }, id) => change('vpc', id, action, more))),
)

test('every step comes after what it needs, and nothing is lost', () => {
  fc.assert(
    fc.property(changes, (all) => {
      const ordered = orderChanges(all, networks)
      if (ordered.kind === 'cycle') return
      const position = new Map(ordered.steps.map(({ key }, index) => [key, index]))

      for (const step of ordered.steps) {
        for (const need of step.needs) {
          expect(position.get(need.step) ?? Number.NaN).toBeLessThan(position.get(step.key) ?? -1)
        }
      }
      expect(new Set(ordered.steps.map((step) => step.change))).toEqual(new Set(all.map(({ key }) => key)))
    }),
  )
})

test('cycles of new resources are always cut where columns can be set later', () => {
  fc.assert(
    fc.property(changes, (all) => {
      const creates = all.map((each) => ({ ...each, action: 'create' as const }))

      expect(orderChanges(creates, networks).kind).toBe('ordered')
    }),
  )
})

test('the order of the input makes no difference', () => {
  fc.assert(
    fc.property(
      changes.chain((all) =>
        fc.tuple(fc.constant(all), fc.shuffledSubarray([...all], { minLength: all.length })),
      ),
      ([all, shuffled]) => {
        expect(orderChanges(shuffled, networks)).toEqual(orderChanges(all, networks))
      },
    ),
  )
})

test('a priority is at least that of everything behind it', () => {
  fc.assert(
    fc.property(changes, (all) => {
      const ordered = orderChanges(all, networks)
      if (ordered.kind === 'cycle') return
      const priority = new Map(ordered.steps.map((step) => [step.key, step.priorityMs]))

      for (const step of ordered.steps) {
        for (const need of step.needs) {
          expect(priority.get(need.step) ?? 0).toBeGreaterThanOrEqual(step.priorityMs)
        }
      }
    }),
  )
})
