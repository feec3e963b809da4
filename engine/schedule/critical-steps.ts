/** The chain of waiting that leads to the end of a schedule, found backwards from the step that ends last. */
import type { ScheduledStep } from './schedule.ts'

type Waited = Omit<ScheduledStep, 'isCritical'>

export function criticalSteps(scheduled: readonly Waited[]): ReadonlySet<string> {
  const byKey = new Map(scheduled.map((one) => [one.step.key, one]))
  const critical = new Set<string>()
  for (let one = lastOf(scheduled); one && !critical.has(one.step.key); ) {
    critical.add(one.step.key)
    one = one.bound.kind === 'nothing' ? undefined : byKey.get(one.bound.after)
  }
  return critical
}

const lastOf = (scheduled: readonly Waited[]): Waited | undefined =>
  scheduled.reduce<Waited | undefined>(
    (last, one) => (last && last.endsMs >= one.endsMs ? last : one),
    undefined,
  )
