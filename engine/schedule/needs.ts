/** Which steps become ready as others come to exist and to their end. */
import type { Step } from '#engine/order/step.ts'

export interface Needs {
  readonly ready: readonly number[]
  /** Steps that have everything now, of those that needed this one to exist, or to be done. */
  meet(index: number, milestone: 'exists' | 'done'): readonly number[]
}

interface Dependant {
  readonly index: number
  readonly milestone: 'exists' | 'done'
}

export function countNeeds(steps: readonly Step[]): Needs {
  const indexes = new Map(steps.map(({ key }, index) => [key, index]))
  const dependants = steps.map((): Dependant[] => [])
  const unmet = steps.map(() => 0)
  for (const [index, { needs }] of steps.entries()) {
    for (const need of needs) {
      const list = dependants[indexes.get(need.step) ?? -1]
      if (!list) continue
      const isEarly = need.milestone === 'exists' || need.milestone === 'tried'
      list.push({ index, milestone: isEarly ? 'exists' : 'done' })
      unmet[index] = (unmet[index] ?? 0) + 1
    }
  }
  return {
    ready: [...unmet.keys()].filter((index) => unmet[index] === 0),
    meet(index, milestone) {
      return (dependants[index] ?? []).flatMap((dependant) => {
        if (dependant.milestone !== milestone) return []
        const left = (unmet[dependant.index] ?? 0) - 1
        unmet[dependant.index] = left
        return left === 0 ? [dependant.index] : []
      })
    },
  }
}

/** One more than the latest wave of what a step needs, from 1; `steps` have dependencies before dependants. */
export function wavesOf(steps: readonly Step[]): ReadonlyMap<string, number> {
  const waves = new Map<string, number>()
  for (const { key, needs } of steps) {
    waves.set(key, 1 + Math.max(0, ...needs.map(({ step }) => waves.get(step) ?? 0)))
  }
  return waves
}
