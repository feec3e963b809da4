/** References of the simulated service: told by name or id, kept by id, and to nothing that does not stand. */
import type { Attributes, Kind, KindName } from './kinds.ts'
import { standing } from './standing.ts'
import { cloudIdOf, type World } from './world.ts'

/** What is referred to by its name is kept by the one that bears it now. */
export function inward(world: World, { references }: Kind, given: Attributes): Attributes {
  const named = Object.entries(references).filter(([name]) => typeof given[name] === 'string')
  const ids = named.map(([name, to]) => {
    const bearers = world.bearers(to as KindName, String(given[name]))
    const found = bearers.filter(({ id }) => world.now(id)).at(-1)
    return [name, found?.id ?? given[name] ?? null]
  })
  return { ...given, ...Object.fromEntries(ids) }
}

export function outward(world: World, { references }: Kind, shown: Attributes): Attributes {
  const ids = Object.keys(references).flatMap((name) => {
    const target = world.things.get(String(shown[name]))
    return target ? [[name, cloudIdOf(target)]] : []
  })
  return { ...shown, ...Object.fromEntries(ids) }
}

export function checkReferences(world: World, { references }: Kind, attributes: Attributes): void {
  for (const [name, kind] of Object.entries(references)) {
    const id = attributes[name] ?? null
    if (id !== null) standing(world, kind as KindName, String(id))
  }
}
