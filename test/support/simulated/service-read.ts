/** Reads of the simulated service: by page, by family, by setting, and as late as reads may be. */
import type { Place } from '#engine/model/cloud.ts'
import { fits } from './attributes.ts'
import type { DescribeInput, Families, Operation, Page, Setting, SettingInput } from './commands.ts'
import { kindOf } from './kinds.ts'
import { Refusal } from './refusal.ts'
import { itemOf } from './service-show.ts'
import { cloudIdOf, type State, type Thing, type World } from './world.ts'

export interface Read extends Operation {
  readonly place: Place
  /** Milliseconds that this read lags behind, for every resource that was written since. */
  readonly lagMs: (thing: Thing) => number
  /** Most items of one page. */
  readonly pageSize: number
}

export function answerRead(world: World, read: Read, input: object): object {
  switch (read.verb) {
    case 'families':
      return families(world, read, input)
    case 'getSetting':
      return setting(world, read, input as SettingInput)
    default:
      return page(world, read, input)
  }
}

/** As a read sees them, which may lag behind. */
function seen(world: World, { kind, place, lagMs }: Read, input: DescribeInput): readonly State[] {
  const { nowMs } = world.clock
  const asked = input.Ids?.flatMap((id) => world.bearers(kind, id)).sort((a, b) => (a.id < b.id ? -1 : 1))
  const found = (asked ?? world.ofKind(kind)).flatMap((thing) => {
    if (thing.kind !== kind || thing.place.region !== place.region) return []
    const state = world.stateAt(thing, nowMs - lagMs(thing))
    return state && fits(state, input) ? [state] : []
  })
  // Of those of one name the one before shows for as long as the new one does not.
  const newest = new Map(found.map((state) => [cloudIdOf(state.thing), state.id]))
  const shown = found.filter((state) => newest.get(cloudIdOf(state.thing)) === state.id)
  return input.IsNewest ? shown.slice(-1) : shown
}

function families(world: World, read: Read, input: DescribeInput): Families {
  const { family = '' } = kindOf(read.kind)
  const all = seen(world, read, {}).map(({ attributes }) => String(attributes[family]))
  const after = [...new Set(all)].sort().filter((name) => name > (input.NextToken ?? ''))
  const Names = after.slice(0, read.pageSize)
  const last = Names.at(-1)
  return { Names, ...(after.length > Names.length && last ? { NextToken: last } : {}) }
}

function setting(world: World, { kind, lagMs }: Read, { Id, Name }: SettingInput): Setting {
  const { name } = kindOf(kind)
  const { nowMs } = world.clock
  const state = world
    .bearers(kind, Id)
    .flatMap((thing) => world.stateAt(thing, nowMs - lagMs(thing)) ?? [])
    .at(-1)
  if (!state) throw new Refusal(`NoSuch${name}`, `There is no ${Id}.`)
  const Value = state.attributes[Name] ?? null
  if (Value === null) throw new Refusal(`NoSuch${name}Setting`, `${Id} has no ${Name}.`)
  return { Value }
}

function page(world: World, read: Read, input: DescribeInput): Page {
  const all = seen(world, read, input)
  const after = input.NextToken ? all.filter((state) => state.id > (input.NextToken ?? '')) : all
  const shown = after.slice(0, read.pageSize)
  const last = shown.at(-1)
  const fields = read.verb === 'list' ? kindOf(read.kind).listed : undefined
  return {
    Items: shown.map((state) => itemOf(world, state, fields)),
    ...(after.length > shown.length && last ? { NextToken: last.id } : {}),
  }
}
