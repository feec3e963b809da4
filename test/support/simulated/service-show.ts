/** How the simulated service shows a resource: no secret, nothing that is kept beside it. */
import type { Item } from './commands.ts'
import { kindOf } from './kinds.ts'
import { outward } from './references.ts'
import { cloudIdOf, type State, type Thing, type World } from './world.ts'

/** As an answer shows it. */
export function itemOf(world: World, state: State, fields?: readonly string[]): Item {
  const { attributes, thing } = state
  const spec = kindOf(thing.kind)
  const hidden = [...spec.secrets, ...spec.settings]
  const told = fields ?? Object.keys(attributes).filter((name) => !hidden.includes(name))
  const shown = Object.fromEntries(told.map((name) => [name, attributes[name] ?? null]))
  const outputs = thing.kind === 'network' && !fields ? { segment_count: segmentsIn(world, thing) } : {}
  return {
    Id: cloudIdOf(thing),
    State: state.state,
    Attributes: { ...outward(world, spec, shown), ...outputs },
    CompanionOf: thing.companionOf,
  }
}

/** As a mapper of its kind sees it. */
export function seenBy(world: World, state: State): unknown {
  const { settings } = kindOf(state.thing.kind)
  const item = itemOf(world, state)
  if (settings.length === 0) return item
  const values = settings.map((name) => [name, state.attributes[name] ?? undefined])
  return { item, settings: Object.fromEntries(values) }
}

const segmentsIn = (world: World, { id, place }: Thing): number =>
  world.all('segment', place).filter(({ attributes }) => attributes.network_id === id).length
