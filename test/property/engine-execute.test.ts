import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Step } from '#engine/order/step.ts'
import { type Answer, simulate } from '#test/support/simulated-execution.ts'

const needs = (index: number) =>
  fc.uniqueArray(
    fc.record({
      step: fc.integer({ min: 0, max: Math.max(0, index - 1) }).map((id) => `s${id}`),
      milestone: fc.constantFrom('exists' as const, 'ready' as const, 'gone' as const, 'tried' as const),
    }),
    { maxLength: index === 0 ? 0 : 3, selector: ({ step }) => step },
  )

const steps: fc.Arbitrary<readonly Step[]> = fc.integer({ min: 1, max: 10 }).chain((count) =>
  fc.tuple(...Array.from({ length: count }, (_, index) => needs(index))).map((all) =>
    all.map((its, index) => ({
      key: `s${index}`,
      change: `s${index}`,
      kind: 'create' as const,
      table: index % 2 === 0 ? 'vpc' : 'subnet',
      accountId: '1',
      region: 'us-east-1',
      needs: its,
      columns: null,
      without: [],
      clears: [],
      estimateMs: 100,
      priorityMs: count - index,
    })),
  ),
)

const trouble: fc.Arbitrary<Answer> = fc.oneof(
  fc.record({
    kind: fc.constant('failed' as const),
    retry: fc.constantFrom('throttled' as const, 'later' as const),
  }),
  fc.record({ kind: fc.constant('lost' as const), happened: fc.boolean() }),
)
const success: fc.Arbitrary<Answer> = fc.oneof(
  fc.constant({ kind: 'done' as const }),
  fc.record({ kind: fc.constant('waiting' as const), polls: fc.integer({ min: 1, max: 3 }) }),
)
const answers = fc
  .tuple(fc.array(trouble, { maxLength: 2 }), success)
  .map(([before, last]): readonly Answer[] => [...before, last])
const script = fc.dictionary(
  fc.integer({ min: 0, max: 9 }).map((id) => `s${id}`),
  answers,
)
const crashes = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 4 })

test('from every crash point and budget, everything is made exactly once', () => {
  fc.assert(
    fc.property(
      steps,
      script,
      crashes,
      fc.option(fc.integer({ min: 50, max: 2_000 }), { nil: 0 }),
      (all, given, died, budgetMs) => {
        const { states, made, end } = simulate(all, { answers: given, crashes: died, budgetMs })

        expect(Object.values(states).every((state) => state === 'done')).toBe(true)
        expect([...made].sort()).toEqual(all.map(({ key }) => key).sort())
        expect(end?.outcome).toBe('succeeded')
      },
    ),
  )
})

const shortTurns = fc.dictionary(
  fc.integer({ min: 0, max: 9 }).map((id) => `s${id}`),
  fc.integer({ min: 0, max: 40 }),
)

test('nor do turns that are waited for, crashes and hand-overs meanwhile, make anything twice', () => {
  fc.assert(
    fc.property(
      steps,
      script,
      crashes,
      shortTurns,
      fc.integer({ min: 50, max: 2_000 }),
      (all, given, died, waits, budgetMs) => {
        const { made, end } = simulate(all, { answers: given, crashes: died, turns: waits, budgetMs })

        expect([...made].sort()).toEqual(all.map(({ key }) => key).sort())
        expect(end?.outcome).toBe('succeeded')
      },
    ),
  )
})

test('nothing starts before what it needs has been made', () => {
  fc.assert(
    fc.property(steps, script, crashes, (all, given, died) => {
      const { made } = simulate(all, { answers: given, crashes: died })

      const position = new Map(made.map((key, index) => [key, index]))
      for (const step of all) {
        for (const need of step.needs) {
          expect(position.get(need.step) ?? Number.NaN).toBeLessThan(position.get(step.key) ?? -1)
        }
      }
    }),
  )
})

test('a failure skips exactly what still needed it', () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 0, max: 9 }), crashes, (all, index, died) => {
      const broken = `s${index % all.length}`
      const answer: readonly Answer[] = [{ kind: 'failed', retry: 'never' }]
      const skipped = new Set<string>()
      for (const { key, needs: its } of all) {
        const needed = its.filter(({ milestone }) => milestone !== 'tried')
        if (needed.some(({ step }) => step === broken || skipped.has(step))) skipped.add(key)
      }

      const { states, end } = simulate(all, { answers: { [broken]: answer }, crashes: died })

      const expected = all.map(({ key }) => [
        key,
        key === broken ? 'failed' : skipped.has(key) ? 'skipped' : 'done',
      ])
      expect(states).toEqual(Object.fromEntries(expected))
      expect(end?.outcome).toBe('failed')
    }),
  )
})

const turns = fc.dictionary(
  fc.integer({ min: 0, max: 9 }).map((id) => `s${id}`),
  fc.integer({ min: 0, max: 600_000 }),
)

test('whenever it is cancelled, it ends soon and every step has a final state', () => {
  fc.assert(
    fc.property(steps, script, turns, fc.integer({ min: 0, max: 3_000 }), (all, given, waits, cancelAtMs) => {
      const { states, end, elapsedMs } = simulate(all, { answers: given, turns: waits, cancelAtMs })

      expect(end).toBeDefined()
      expect(elapsedMs).toBeLessThanOrEqual(cancelAtMs + 5_000)
      expect(Object.values(states).every((state) => state === 'done' || state === 'skipped')).toBe(true)
    }),
  )
})
