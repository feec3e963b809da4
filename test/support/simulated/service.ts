/** The simulated service's operations on its world, as strict as the real ones: what is wrong is refused, by its typed name. */
import { canonicalJson } from '#engine/columns/canonical-json.ts'
import type { Place } from '#engine/model/cloud.ts'
import {
  fits,
  goesAlong,
  nextVersion,
  unchanged,
  withDefaults,
  withDigests,
  withoutNulls,
  withoutToken,
} from './attributes.ts'
import type {
  CreateInput,
  DescribeInput,
  Families,
  IdInput,
  Item,
  Made,
  MadeMany,
  ManyInput,
  ModifyInput,
  Operation,
  Page,
  Setting,
  SettingInput,
  Tags,
} from './commands.ts'
import { type Attributes, type Kind, type KindName, kindOf } from './kinds.ts'
import { cloudIdOf, type State, type Thing, type World } from './world.ts'

/** As the SDK throws it. */
export class Refusal extends Error {
  readonly $metadata: { readonly httpStatusCode: number; readonly requestId: string }

  constructor(name: string, message: string, httpStatusCode = 400) {
    super(message)
    this.name = name
    this.$metadata = { httpStatusCode, requestId: 'simulated' }
  }
}

export interface Read {
  /** Milliseconds that this read lags behind, for every resource that was written since. */
  readonly lagMs: (thing: Thing) => number
  /** Most items of one page. */
  readonly pageSize: number
}

const stopMs = 4_000

export class Service {
  readonly world: World

  constructor(world: World) {
    this.world = world
  }

  write({ verb, kind }: Operation, input: object, place: Place): object {
    switch (verb) {
      case 'create':
        return this.#create(kind, input as CreateInput, place)
      case 'modify':
        return this.#modify(kind, input as ModifyInput)
      case 'delete':
        return this.#delete(kind, input as IdInput)
      case 'createMany':
        return this.#many(input as ManyInput<CreateInput>, (one) => this.#create(kind, one, place).Item)
      case 'modifyMany':
        return this.#modifyMany(kind, input as ManyInput<ModifyInput>)
      case 'deleteMany':
        return this.#many(input as ManyInput<IdInput>, (one) => this.#delete(kind, one))
      case 'stop':
        this.world.turn(this.#standing(kind, (input as IdInput).Id).thing, 'stopping', {
          state: 'stopped',
          afterMs: stopMs,
        })
        return {}
      case 'start':
        this.world.turn(this.#standing(kind, (input as IdInput).Id).thing, 'pending', {
          state: 'available',
          afterMs: stopMs,
        })
        return {}
      case 'putSetting':
      case 'removeSetting':
        return this.#writeSetting(kind, input as SettingInput)
      default:
        throw new Error(`${verb} is a read`)
    }
  }

  read(operation: Operation, input: object, place: Place, read: Read): object {
    switch (operation.verb) {
      case 'families':
        return this.#families(operation.kind, input, place, read)
      case 'getSetting':
        return this.#setting(operation.kind, input as SettingInput, read)
      default:
        return this.#page(operation, input, place, read)
    }
  }

  /** As a read sees them, which may lag behind. */
  #seen(kind: KindName, input: DescribeInput, place: Place, read: Read): readonly State[] {
    const nowMs = this.world.clock.nowMs
    const asked = input.Ids?.flatMap((id) => this.world.bearers(kind, id)).sort((a, b) =>
      a.id < b.id ? -1 : 1,
    )
    const found = (asked ?? this.world.ofKind(kind)).flatMap((thing) => {
      if (thing.kind !== kind || thing.place.region !== place.region) return []
      const state = this.world.stateAt(thing, nowMs - read.lagMs(thing))
      return state && fits(state, input) ? [state] : []
    })
    // Of those of one name the one before shows for as long as the new one does not.
    const newest = new Map(found.map((state) => [cloudIdOf(state.thing), state.id]))
    const seen = found.filter((state) => newest.get(cloudIdOf(state.thing)) === state.id)
    return input.IsNewest ? seen.slice(-1) : seen
  }

  #families(kind: KindName, input: DescribeInput, place: Place, read: Read): Families {
    const { family = '' } = kindOf(kind)
    const all = this.#seen(kind, {}, place, read).map(({ attributes }) => String(attributes[family]))
    const after = [...new Set(all)].sort().filter((name) => name > (input.NextToken ?? ''))
    const Names = after.slice(0, read.pageSize)
    const last = Names.at(-1)
    return { Names, ...(after.length > Names.length && last ? { NextToken: last } : {}) }
  }

  #setting(kind: KindName, { Id, Name }: SettingInput, read: Read): Setting {
    const { name } = kindOf(kind)
    const { nowMs } = this.world.clock
    const state = this.world
      .bearers(kind, Id)
      .flatMap((thing) => this.world.stateAt(thing, nowMs - read.lagMs(thing)) ?? [])
      .at(-1)
    if (!state) throw new Refusal(`NoSuch${name}`, `There is no ${Id}.`)
    const Value = state.attributes[Name] ?? null
    if (Value === null) throw new Refusal(`NoSuch${name}Setting`, `${Id} has no ${Name}.`)
    return { Value }
  }

  #writeSetting(kind: KindName, { Id, Name, Value = null }: SettingInput): object {
    if (!kindOf(kind).settings.includes(Name)) throw new Refusal('InvalidParameter', `There is no ${Name}.`)
    const { thing, attributes } = this.#standing(kind, Id)
    this.world.change(thing, { ...attributes, [Name]: Value })
    return {}
  }

  #page({ verb, kind }: Operation, input: DescribeInput, place: Place, read: Read): Page {
    const seen = this.#seen(kind, input, place, read)
    const after = input.NextToken ? seen.filter((state) => state.id > (input.NextToken ?? '')) : seen
    const page = after.slice(0, read.pageSize)
    const last = page.at(-1)
    const fields = verb === 'list' ? kindOf(kind).listed : undefined
    return {
      Items: page.map((state) => this.item(state, fields)),
      ...(after.length > page.length && last ? { NextToken: last.id } : {}),
    }
  }

  #create(kind: KindName, { Attributes: given, ClientToken: token }: CreateInput, place: Place): Made {
    const spec = kindOf(kind)
    const known = token === undefined ? undefined : this.#madeBy(kind, token)
    if (known) return this.#repeated(known, given)
    const said = { ...spec.defaults, ...withoutNulls(this.#inward(spec, withDigests(spec, given))) }
    const attributes = this.numbered(kind, said)
    this.#checkReferences(spec, attributes)
    const taken = this.#taken(kind, attributes, place)
    if (taken) return this.#collision(spec, taken, attributes)
    const thing = this.world.make(
      { kind, place, madeBy: 'engine', token: token ?? null, request: canonicalJson(given) },
      attributes,
    )
    this.addCompanion(thing)
    return { Item: this.item(stateOf(this.world, thing)) }
  }

  /** New ones with what only the cloud knows: their version, their revision. */
  numbered(kind: KindName, given: Attributes): Attributes {
    const said = { ...given, ...nextVersion(kindOf(kind), {}, given) }
    const { family } = kindOf(kind)
    if (family === undefined) return said
    const nameOf = ({ versions }: Thing) => versions[0]?.attributes?.[family]
    const before = this.world.ofKind(kind).filter((thing) => nameOf(thing) === said[family])
    return { ...said, revision: before.length + 1 }
  }

  /** What the cloud makes of its own accord along with a resource. */
  addCompanion(thing: Thing): void {
    const { companion } = kindOf(thing.kind)
    if (!companion) return
    const kind = companion.kind as KindName
    const attributes = { ...kindOf(kind).defaults, ...companion.attributes, [companion.via]: thing.id }
    this.world.make({ kind, place: thing.place, madeBy: 'companion', companionOf: thing.id }, attributes)
  }

  #repeated(known: Thing, given: Attributes): Made {
    if (known.request !== canonicalJson(given)) {
      throw new Refusal('IdempotentParameterMismatch', 'The token was used before, with other parameters.')
    }
    const state = this.world.now(known.id)
    if (!state) throw new Refusal('IdempotentParameterMismatch', 'What was made with this token is gone.')
    return { Item: this.item(state) }
  }

  #collision({ idempotency, name }: Kind, taken: State, attributes: Attributes): Made {
    const isSame = canonicalJson(withoutToken(taken.attributes)) === canonicalJson(withoutToken(attributes))
    if (idempotency === 'name' && isSame) return { Item: this.item(taken) }
    throw new Refusal(`${name}AlreadyExists`, `${taken.id} is that already.`)
  }

  #modify(kind: KindName, { Id, Attributes: given = {}, PutTags = {}, RemoveTags = [] }: ModifyInput): Made {
    const spec = kindOf(kind)
    const { thing, attributes, state } = this.#standing(kind, Id)
    for (const name of Object.keys(given)) {
      if (!(name in spec.defaults) && !(name in attributes))
        throw new Refusal('InvalidParameter', `There is no ${name}.`)
      if (spec.immutable.includes(name)) throw new Refusal('InvalidParameter', `${name} cannot be changed.`)
      if (spec.whileStopped.includes(name) && state !== 'stopped')
        throw new Refusal('IncorrectInstanceState', `${name} is changed only while ${Id} is stopped.`)
    }
    const said = withDefaults(spec, this.#inward(spec, withDigests(spec, given)))
    const next = { ...attributes, ...said, ...nextVersion(spec, attributes, said) }
    this.#checkReferences(spec, { ...next, ...unchanged(spec, attributes, next) })
    const { tags } = attributes as { readonly tags?: Tags }
    const kept = Object.entries({ ...tags, ...PutTags }).filter(([key]) => !RemoveTags.includes(key))
    this.world.change(thing, { ...next, ...(tags ? { tags: Object.fromEntries(kept) } : {}) })
    if (spec.rollsMs > 0 && Object.keys(given).length > 0)
      this.world.turn(thing, 'pending', { state: 'available', afterMs: spec.rollsMs })
    return { Item: this.item(stateOf(this.world, thing)) }
  }

  #modifyMany(kind: KindName, input: ManyInput<ModifyInput>): MadeMany {
    return this.#many(
      input,
      (one) => {
        const { Item } = this.#modify(kind, one)
        return Item
      },
      () => {
        for (const { Id } of input.All) this.#checkUnique(this.#standing(kind, Id))
      },
    )
  }

  /** All of it or nothing. */
  #many<One>(
    { All }: ManyInput<One>,
    write: (one: One) => object,
    check: () => void = () => undefined,
  ): MadeMany {
    const restore = this.world.remember()
    try {
      const Items = All.map(write) as readonly Item[]
      check()
      return { Items }
    } catch (error) {
      restore()
      throw error
    }
  }

  #checkUnique({ id, thing, attributes }: State): void {
    const other = this.#taken(thing.kind, attributes, thing.place, id)
    if (other) throw new Refusal(`${kindOf(thing.kind).name}AlreadyExists`, `${other.id} is that already.`)
  }

  #delete(kind: KindName, { Id }: IdInput): object {
    const { thing, state } = this.#standing(kind, Id)
    if (!kindOf(kind).isRemovable && thing.companionOf && this.world.now(thing.companionOf))
      throw new Refusal('CannotDelete', `${Id} goes with ${thing.companionOf}.`)
    if (state === 'pending' || state === 'stopping')
      throw new Refusal('IncorrectInstanceState', `${Id} is ${state}.`)
    this.removeWith(thing, 'engine')
    return {}
  }

  /** With its companions, unless something else still uses it. */
  removeWith(thing: Thing, by: 'engine' | 'stranger'): void {
    const dependants = this.world.dependants(thing.id)
    const companions = dependants.filter((state) => goesAlong(state, thing.id))
    const inUse = [
      ...dependants.filter((state) => !companions.includes(state)),
      ...companions.flatMap(({ id }) => this.world.dependants(id)),
    ].filter((state) => !companions.some(({ id }) => id === state.id))
    const [user] = inUse
    if (user) throw new Refusal('DependencyViolation', `${user.id} uses ${thing.id}.`)
    for (const companion of companions) this.world.remove(companion.thing, 'companion')
    this.world.remove(thing, by)
  }

  #standing(kind: KindName, id: string): State {
    const state = this.world
      .bearers(kind, id)
      .flatMap((thing) => this.world.now(thing.id) ?? [])
      .at(-1)
    if (!state || state.thing.kind !== kind || state.state === 'deleting')
      throw new Refusal(`Invalid${kindOf(kind).name}ID.NotFound`, `There is no ${id}.`)
    return state
  }

  #madeBy(kind: KindName, token: string): Thing | undefined {
    const { tokenMs } = kindOf(kind)
    return this.world
      .ofKind(kind)
      .find((thing) => thing.token === token && this.world.clock.nowMs < thing.madeMs + tokenMs)
  }

  /** What is referred to by its name is kept by the one that bears it now. */
  #inward({ references }: Kind, given: Attributes): Attributes {
    const named = Object.entries(references).filter(([name]) => typeof given[name] === 'string')
    const ids = named.map(([name, to]) => {
      const bearers = this.world.bearers(to as KindName, String(given[name]))
      const standing = bearers.filter(({ id }) => this.world.now(id)).at(-1)
      return [name, standing?.id ?? given[name] ?? null]
    })
    return { ...given, ...Object.fromEntries(ids) }
  }

  #outward({ references }: Kind, shown: Attributes): Attributes {
    const ids = Object.keys(references).flatMap((name) => {
      const target = this.world.things.get(String(shown[name]))
      return target ? [[name, cloudIdOf(target)]] : []
    })
    return { ...shown, ...Object.fromEntries(ids) }
  }

  #checkReferences({ references }: Kind, attributes: Attributes): void {
    for (const [name, kind] of Object.entries(references)) {
      const id = attributes[name] ?? null
      if (id !== null) this.#standing(kind as KindName, String(id))
    }
  }

  #taken(kind: KindName, attributes: Attributes, place: Place, but?: string): State | undefined {
    const { unique } = kindOf(kind)
    if (unique.length === 0) return undefined
    return this.world
      .all(kind, place)
      .find(
        (state) => state.id !== but && unique.every((name) => state.attributes[name] === attributes[name]),
      )
  }

  /** As a mapper of its kind sees it. */
  seen(state: State): unknown {
    const { settings } = kindOf(state.thing.kind)
    if (settings.length === 0) return this.item(state)
    const values = settings.map((name) => [name, state.attributes[name] ?? undefined])
    return { item: this.item(state), settings: Object.fromEntries(values) }
  }

  /** As an answer shows it. */
  item({ attributes, state, thing }: State, fields?: readonly string[]): Item {
    const spec = kindOf(thing.kind)
    const hidden = [...spec.secrets, ...spec.settings]
    const told = fields ?? Object.keys(attributes).filter((name) => !hidden.includes(name))
    const shown = Object.fromEntries(told.map((name) => [name, attributes[name] ?? null]))
    const outputs = thing.kind === 'network' && !fields ? { segment_count: this.#segmentsIn(thing) } : {}
    return {
      Id: cloudIdOf(thing),
      State: state,
      Attributes: { ...this.#outward(spec, shown), ...outputs },
      CompanionOf: thing.companionOf,
    }
  }

  #segmentsIn({ id, place }: Thing): number {
    return this.world.all('segment', place).filter(({ attributes }) => attributes.network_id === id).length
  }
}

const stateOf = (world: World, thing: Thing): State => {
  const state = world.now(thing.id)
  if (!state) throw new Error(`${thing.id} is gone`)
  return state
}
