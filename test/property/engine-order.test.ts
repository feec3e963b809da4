import fc from 'fast-check'
import { expect, test } from 'vitest'
import { apparentOrder } from '#engine/order/apparent-order.ts'
import { components } from '#engine/order/components.ts'
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

/** Some want the same. */
const names = ['a', 'b'].map((name) => ({ name, of: 'cloud' as const }))

const changes: fc.Arbitrary<readonly PlannedChange[]> = fc.integer({ min: 1, max: 12 }).chain((count) =>
  fc
    .array(
      fc.record({
        action: fc.constantFrom(...actions),
        references: fc.array(reference(count), { maxLength: 4 }),
        estimateMs: fc.integer({ min: 1, max: 1_000 }),
        takes: fc.subarray(names),
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

test('what a plan shows of the order has no circle, and everything that is not in one', () => {
  fc.assert(
    fc.property(changes, (all) => {
      const ordered = orderChanges(all, networks)
      if (ordered.kind === 'cycle') return
      const shown = apparentOrder(ordered.dependsOn, ordered.steps)

      const circles = components(Object.keys(shown), (key) => shown[key] ?? [])
      expect(circles.filter(({ length }) => length > 1)).toEqual([])
      const whole = components(Object.keys(shown), (key) => ordered.dependsOn[key] ?? [])
      if (whole.every(({ length }) => length === 1)) expect(shown).toEqual(ordered.dependsOn)
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

test('a priority is the longest way from the start of a step to the end of all that waits for it', () => {
  fc.assert(
    fc.property(changes, (all) => {
      const ordered = orderChanges(all, networks)
      if (ordered.kind === 'cycle') return
      const behind = (key: string): number => {
        const waiting = ordered.steps.filter(({ needs }) => needs.some(({ step }) => step === key))
        const own = ordered.steps.find((step) => step.key === key)?.estimateMs ?? 0
        return own + Math.max(0, ...waiting.map((step) => behind(step.key)))
      }

      for (const { key, priorityMs } of ordered.steps) expect(priorityMs).toBe(behind(key))
    }),
    { numRuns: 60 },
  )
})

test('a circle that no column can open is named, with nobody in it who does not wait', () => {
  const ring = fc
    .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 4 }))
    .map(([size, others]) =>
      Array.from({ length: size + others }, (_, id) =>
        change('vpc', id, 'create', {
          naturalName: `n${id}`,
          references: [
            {
              column: 'a',
              // The others hang on the ring, which does not wait for them.
              target: `vpc/${id < size ? (id + 1) % size : id - 1}`,
              need: 'ready',
              side: 'desired',
              cuttable: id >= size,
            },
          ],
        }),
      ).map((one) => ({ one, size })),
    )
  fc.assert(
    fc.property(ring, (all) => {
      const size = all[0]?.size ?? 0
      const ordered = orderChanges(
        all.map(({ one }) => one),
        networks,
      )

      if (ordered.kind !== 'cycle') throw new Error('the circle was not found')
      const names = Array.from({ length: size }, (_, id) => `vpc/${id}`)
      expect([...ordered.keys].sort()).toEqual(names)
      for (const id of names) expect(ordered.message).toContain(id.replace('vpc/', 'vpc n'))
    }),
  )
})
