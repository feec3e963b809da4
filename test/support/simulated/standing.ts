/** What stands in the world: by its id, or in the way of another one. */
import type { Place } from '#engine/model/cloud.ts'
import { type Attributes, type KindName, kindOf } from './kinds.ts'
import { Refusal } from './refusal.ts'
import type { State, Thing, World } from './world.ts'

export function standing(world: World, kind: KindName, id: string): State {
  const state = world
    .bearers(kind, id)
    .flatMap((thing) => world.now(thing.id) ?? [])
    .at(-1)
  if (!state || state.thing.kind !== kind || state.state === 'deleting')
    throw new Refusal(`Invalid${kindOf(kind).name}ID.NotFound`, `There is no ${id}.`)
  return state
}

/** Of what was made or changed just now. */
export function stateOf(world: World, thing: Thing): State {
  const state = world.now(thing.id)
  if (!state) throw new Error(`${thing.id} is gone`)
  return state
}

interface Wanted {
  readonly kind: KindName
  readonly place: Place
  readonly attributes: Attributes
  /** Not in its own way. */
  readonly but?: string
}

/** Who has what only one may have. */
export function takenBy(world: World, { kind, place, attributes, but }: Wanted): State | undefined {
  const { unique } = kindOf(kind)
  if (unique.length === 0) return undefined
  return world
    .all(kind, place)
    .find((state) => state.id !== but && unique.every((name) => state.attributes[name] === attributes[name]))
}
