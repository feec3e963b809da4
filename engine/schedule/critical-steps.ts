/** The chain of waiting that leads to the end of a schedule, found backwards from the step that ends last. */
import type { Bound, ScheduledStep } from './schedule.ts'

export interface Waited extends Omit<ScheduledStep, 'isCritical'> {
  /** All that it waited for, one after the other, from nothing on. */
  readonly waits: readonly Bound[]
}

/** One that took a token and then waited for a slot may be met again, as what held up another's token: by what it waited for before. */
export function criticalSteps(scheduled: readonly Waited[]): ReadonlySet<string> {
  const byKey = new Map(scheduled.map((one) => [one.step.key, one]))
  const visits = new Map<string, number>()
  for (let one = lastOf(scheduled); one; ) {
    const { step, waits } = one
    const visit = (visits.get(step.key) ?? 0) + 1
    visits.set(step.key, visit)
    const bound = waits.at(-visit)
    one = bound && bound.kind !== 'nothing' ? byKey.get(bound.after) : undefined
  }
  return new Set(visits.keys())
}

const lastOf = (scheduled: readonly Waited[]): Waited | undefined =>
  scheduled.reduce<Waited | undefined>(
    (last, one) => (last && last.endsMs >= one.endsMs ? last : one),
    undefined,
  )
