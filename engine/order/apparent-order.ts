/** Which changes a change waits for, as plans show it: one after the other, without the circles of replacements. */
import { components } from './components.ts'
import type { Step } from './step.ts'

type Dependencies = Readonly<Record<string, readonly string[]>>

/**
 * A replaced network and a replaced subnet of it need each other: the new subnet the new network, and the end of the old
 * network that of the old subnet. Within such a circle counts what makes the new ones; the old ones go in a second round.
 * `steps`: dependencies before dependants.
 */
export function apparentOrder(dependsOn: Dependencies, steps: readonly Step[]): Dependencies {
  const turn = new Map<string, number>()
  steps.forEach(({ kind, change }, index) => {
    const isMaking = kind !== 'delete' && kind !== 'companion'
    if (isMaking || !turn.has(change)) turn.set(change, index)
  })
  const circle = new Map(
    components(Object.keys(dependsOn).sort(), (key) => dependsOn[key] ?? []).flatMap((keys, index) =>
      keys.map((key) => [key, index] as const),
    ),
  )
  const isAfter = (key: string, needed: string): boolean =>
    circle.get(key) !== circle.get(needed) || (turn.get(needed) ?? 0) < (turn.get(key) ?? 0)
  return Object.fromEntries(
    Object.entries(dependsOn).map(([key, needed]) => [key, needed.filter((other) => isAfter(key, other))]),
  )
}
