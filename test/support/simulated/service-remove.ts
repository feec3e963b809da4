/** Deletes of the simulated service: with its companions, and of nothing that is in use. */
import { goesAlong } from './attributes.ts'
import type { IdInput } from './commands.ts'
import { type KindName, kindOf } from './kinds.ts'
import { Refusal } from './refusal.ts'
import { standing } from './standing.ts'
import type { Thing, World } from './world.ts'

export function remove(world: World, kind: KindName, { Id }: IdInput): object {
  const { thing, state } = standing(world, kind, Id)
  if (!kindOf(kind).isRemovable && thing.companionOf && world.now(thing.companionOf))
    throw new Refusal('CannotDelete', `${Id} goes with ${thing.companionOf}.`)
  if (state === 'pending' || state === 'stopping')
    throw new Refusal('IncorrectInstanceState', `${Id} is ${state}.`)
  removeWith(world, thing, 'engine')
  return {}
}

/** With its companions, unless something else still uses it. */
export function removeWith(world: World, thing: Thing, by: 'engine' | 'stranger'): void {
  const dependants = world.dependants(thing.id)
  const companions = dependants.filter((state) => goesAlong(state, thing.id))
  const inUse = [
    ...dependants.filter((state) => !companions.includes(state)),
    ...companions.flatMap(({ id }) => world.dependants(id)),
  ].filter((state) => !companions.some(({ id }) => id === state.id))
  const [user] = inUse
  if (user) throw new Refusal('DependencyViolation', `${user.id} uses ${thing.id}.`)
  for (const companion of companions) world.remove(companion.thing, 'companion')
  world.remove(thing, by)
}
