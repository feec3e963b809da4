import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Step } from '#engine/order/step.ts'
import { answeredAfterMs, type ScheduledStep, type ScheduleInput } from '#engine/schedule/schedule.ts'
import { simulate } from '#engine/schedule/simulate.ts'
import type { BucketSpec } from '#engine/throttle/token-bucket.ts'

const milestones = ['exists', 'ready', 'gone'] as const

/** Dependencies before dependants: a step needs only earlier ones. */
const steps: fc.Arbitrary<readonly Step[]> = fc
  .array(
    fc.record({
      estimateMs: fc.integer({ min: 0, max: 5_000 }),
      needs: fc.array(fc.tuple(fc.nat(), fc.constantFrom(...milestones)), { maxLength: 3 }),
      bucket: fc.nat({ max: 2 }),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((all) => {
    const made = all.map(({ estimateMs, needs, bucket }, index) => ({
      ...plain,
      key: `s${index}`,
      table: `t${bucket}`,
      estimateMs,
      needs: index === 0 ? [] : needs.map(([at, milestone]) => ({ step: `s${at % index}`, milestone })),
    }))
    return withPriorities(made)
  })

const plain: Step = {
  key: '',
  change: '',
  kind: 'create',
  table: '',
  accountId: null,
  region: null,
  needs: [],
  columns: null,
  without: [],
  clears: [],
  estimateMs: 0,
  priorityMs: 0,
}

function withPriorities(made: readonly Step[]): readonly Step[] {
  const behind = new Map<string, number>()
  for (const { key, needs, estimateMs } of [...made].reverse()) {
    const priorityMs = estimateMs + (behind.get(key) ?? 0)
    behind.set(key, priorityMs)
    for (const { step } of needs) behind.set(step, Math.max(behind.get(step) ?? 0, priorityMs))
  }
  return made.map((step) => ({ ...step, priorityMs: behind.get(step.key) ?? 0 }))
}

const bucketNamed = (key: string): fc.Arbitrary<BucketSpec> =>
  fc.record({
    key: fc.constant(key),
    burst: fc.integer({ min: 1, max: 5 }),
    refillPerSecond: fc.constantFrom(0.3, 1, 5, 20),
    isGlobal: fc.constant(false),
  })

/** Steps of `t0` call nobody, those of `t1` draw from one bucket, those of `t2` from two. */
const inputs: fc.Arbitrary<ScheduleInput> = fc
  .record({
    steps,
    own: bucketNamed('own'),
    all: bucketNamed('all'),
    callsAtOnce: fc.integer({ min: 1, max: 6 }),
  })
  .map(({ own, all, ...rest }) => {
    const buckets: Readonly<Record<string, readonly BucketSpec[]>> = { t1: [own], t2: [own, all] }
    return { ...rest, callsOf: ({ table }) => (table === 't0' ? null : { buckets: buckets[table] ?? [] }) }
  })

const unlimited = (all: readonly Step[]): ScheduleInput => ({
  steps: all,
  callsOf: () => ({ buckets: [] }),
  callsAtOnce: 1_000,
})

const byKey = (scheduled: readonly ScheduledStep[]) => new Map(scheduled.map((one) => [one.step.key, one]))
const endOf = (scheduled: readonly ScheduledStep[]): number =>
  Math.max(...scheduled.map(({ endsMs }) => endsMs))
const metAtMs = (one: ScheduledStep, milestone: string): number =>
  milestone === 'exists' ? one.startsMs + answeredAfterMs(one.step) : one.endsMs

test('every step begins once, and none before what it needs is there', () => {
  fc.assert(
    fc.property(inputs, (input) => {
      const scheduled = byKey(simulate(input))

      expect([...scheduled.keys()].sort()).toEqual(input.steps.map(({ key }) => key).sort())
      for (const one of scheduled.values()) {
        for (const { step, milestone } of one.step.needs) {
          const needed = scheduled.get(step)
          if (!needed) throw new Error(`${step} is not scheduled`)
          expect(one.startsMs).toBeGreaterThanOrEqual(metAtMs(needed, milestone))
          expect(one.wave).toBeGreaterThan(needed.wave)
        }
      }
    }),
  )
})

test('no bucket gives more than its burst and what flows into it', () => {
  fc.assert(
    fc.property(inputs, (input) => {
      const scheduled = simulate(input)
      const specs = new Map(
        input.steps.flatMap((step) => input.callsOf(step)?.buckets ?? []).map((spec) => [spec.key, spec]),
      )
      for (const { key, burst, refillPerSecond } of specs.values()) {
        const startsMs = scheduled
          .filter(({ step }) => input.callsOf(step)?.buckets.some((bucket) => bucket.key === key))
          .map((one) => one.startsMs)
          .sort((a, b) => a - b)
        for (const [index, atMs] of startsMs.entries()) {
          expect(index + 1).toBeLessThanOrEqual(burst + (atMs / 1_000) * refillPerSecond + 1e-6)
        }
      }
    }),
  )
})

test('no more calls are in flight than there are places', () => {
  fc.assert(
    fc.property(inputs, (input) => {
      const calls = simulate(input).filter(({ step }) => input.callsOf(step) !== null)

      for (const { startsMs } of calls) {
        const inFlight = calls.filter(
          (other) => other.startsMs <= startsMs && startsMs < other.startsMs + answeredAfterMs(other.step),
        )
        expect(inFlight.length).toBeLessThanOrEqual(input.callsAtOnce)
      }
    }),
  )
})

test('without limits each step begins as soon as it may, so that the whole takes the critical path', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const scheduled = byKey(simulate(unlimited(all)))

      for (const { step, startsMs } of scheduled.values()) {
        const metMs = step.needs.map(({ step: key, milestone }) => {
          const needed = scheduled.get(key)
          return needed ? metAtMs(needed, milestone) : Number.NaN
        })
        expect(startsMs).toBe(Math.max(0, ...metMs))
      }
    }),
  )
})

test('limits never make it end sooner, and somebody always waits for a reason', () => {
  fc.assert(
    fc.property(inputs, (input) => {
      const scheduled = simulate(input)

      expect(endOf(scheduled)).toBeGreaterThanOrEqual(endOf(simulate(unlimited(input.steps))))
      for (const { startsMs, bound } of scheduled) {
        if (bound.kind === 'nothing') expect(startsMs).toBe(0)
      }
    }),
  )
})

test('the critical steps lead from a beginning to the end, each in the way of the next', () => {
  fc.assert(
    fc.property(inputs, (input) => {
      const scheduled = simulate(input)
      const critical = scheduled.filter(({ isCritical }) => isCritical)

      expect(endOf(critical)).toBe(endOf(scheduled))
      expect(critical.some(({ step }) => step.needs.length === 0)).toBe(true)
      expect(critical.filter(({ bound }) => bound.kind === 'nothing').length).toBeLessThanOrEqual(1)
      const keys = new Set(critical.map(({ step }) => step.key))
      for (const { bound } of critical) if (bound.kind !== 'nothing') expect(keys).toContain(bound.after)
    }),
  )
})
