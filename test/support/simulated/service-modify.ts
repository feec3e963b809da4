/** Changes of the simulated service: of attributes and tags, of what is kept beside a resource, of its state. */
import { nextVersion, unchanged, withDefaults, withDigests } from './attributes.ts'
import type { IdInput, Made, ModifyInput, SettingInput, Tags } from './commands.ts'
import { type Attributes, type Kind, type KindName, kindOf } from './kinds.ts'
import { checkReferences, inward } from './references.ts'
import { Refusal } from './refusal.ts'
import { itemOf } from './service-show.ts'
import { standing, stateOf, takenBy } from './standing.ts'
import type { State, World } from './world.ts'

const stopMs = 4_000

export function modify(world: World, kind: KindName, input: ModifyInput): Made {
  const { Id, Attributes: given = {}, PutTags = {}, RemoveTags = [] } = input
  const spec = kindOf(kind)
  const found = standing(world, kind, Id)
  const { thing, attributes } = found
  checkChangeable(spec, found, input)
  const said = withDefaults(spec, inward(world, spec, withDigests(spec, given)))
  const next = { ...attributes, ...said, ...nextVersion(spec, attributes, said) }
  checkReferences(world, spec, { ...next, ...unchanged(spec, attributes, next) })
  const { tags } = attributes as { readonly tags?: Tags }
  const kept = Object.entries({ ...tags, ...PutTags }).filter(([key]) => !RemoveTags.includes(key))
  world.change(thing, { ...next, ...(tags ? { tags: Object.fromEntries(kept) } : {}) })
  if (spec.rollsMs > 0 && Object.keys(given).length > 0)
    world.turn(thing, 'pending', { state: 'available', afterMs: spec.rollsMs })
  return { Item: itemOf(world, stateOf(world, thing)) }
}

function checkChangeable(
  spec: Kind,
  { attributes, state }: State,
  { Id, Attributes = {} }: ModifyInput,
): void {
  for (const name of Object.keys(Attributes)) {
    if (!(name in spec.defaults) && !(name in attributes))
      throw new Refusal('InvalidParameter', `There is no ${name}.`)
    if (spec.immutable.includes(name)) throw new Refusal('InvalidParameter', `${name} cannot be changed.`)
    if (spec.whileStopped.includes(name) && state !== 'stopped')
      throw new Refusal('IncorrectInstanceState', `${name} is changed only while ${Id} is stopped.`)
  }
}

/** For changes that are checked once all of them are made. */
export function checkUnique(world: World, kind: KindName, { Id }: IdInput): void {
  const { id, thing, attributes } = standing(world, kind, Id)
  const other = takenBy(world, { kind, place: thing.place, attributes, but: id })
  if (other) throw new Refusal(`${kindOf(kind).name}AlreadyExists`, `${other.id} is that already.`)
}

export function stop(world: World, kind: KindName, { Id }: IdInput): object {
  world.turn(standing(world, kind, Id).thing, 'stopping', { state: 'stopped', afterMs: stopMs })
  return {}
}

export function start(world: World, kind: KindName, { Id }: IdInput): object {
  world.turn(standing(world, kind, Id).thing, 'pending', { state: 'available', afterMs: stopMs })
  return {}
}

export function writeSetting(world: World, kind: KindName, { Id, Name, Value = null }: SettingInput): object {
  if (!kindOf(kind).settings.includes(Name)) throw new Refusal('InvalidParameter', `There is no ${Name}.`)
  const { thing, attributes } = standing(world, kind, Id)
  const changed: Attributes = { ...attributes, [Name]: Value }
  world.change(thing, changed)
  return {}
}
