/** The simulated service's operations on its world, as strict as the real ones: what is wrong is refused, by its typed name. */
import { canonicalJson } from '#engine/columns/canonical-json.ts'
import type { Place } from '#engine/model/cloud.ts'
import { tokenTag } from '#modules/kit/index.ts'
import type {
  CreateInput,
  DescribeInput,
  IdInput,
  Item,
  Made,
  ModifyInput,
  Operation,
  Page,
  Tags,
} from './commands.ts'
import { type Attributes, type Kind, type KindName, kindOf } from './kinds.ts'
import type { State, Thing, World } from './world.ts'

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
      default:
        throw new Error(`${verb} is a read`)
    }
  }

  read({ verb, kind }: Operation, input: DescribeInput, place: Place, read: Read): Page {
    const nowMs = this.world.clock.nowMs
    const asked = input.Ids?.toSorted().flatMap((id) => this.world.things.get(id) ?? [])
    const seen = (asked ?? this.world.ofKind(kind)).flatMap((thing) => {
      if (thing.kind !== kind || thing.place.region !== place.region) return []
      const state = this.world.stateAt(thing, nowMs - read.lagMs(thing))
      return state && fits(state, input) ? [state] : []
    })
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
    const attributes = { ...spec.defaults, ...withoutNulls(given) }
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

  /** What the cloud makes of its own accord along with a resource. */
  addCompanion(thing: Thing): void {
    const { companion } = kindOf(thing.kind)
    if (!companion) return
    const kind = companion as KindName
    const attributes = { ...kindOf(kind).defaults, network_id: thing.id }
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
    const next = { ...attributes, ...withDefaults(spec, given) }
    this.#checkReferences(spec, next)
    const { tags } = attributes as { readonly tags?: Tags }
    const kept = Object.entries({ ...tags, ...PutTags }).filter(([key]) => !RemoveTags.includes(key))
    this.world.change(thing, { ...next, ...(tags ? { tags: Object.fromEntries(kept) } : {}) })
    return { Item: this.item(stateOf(this.world, thing)) }
  }

  #delete(kind: KindName, { Id }: IdInput): object {
    const { thing, state } = this.#standing(kind, Id)
    if (thing.companionOf && this.world.now(thing.companionOf))
      throw new Refusal('CannotDelete', `${Id} goes with ${thing.companionOf}.`)
    if (state === 'pending' || state === 'stopping')
      throw new Refusal('IncorrectInstanceState', `${Id} is ${state}.`)
    this.removeWith(thing, 'engine')
    return {}
  }

  /** With its companions, unless something else still uses it. */
  removeWith(thing: Thing, by: 'engine' | 'stranger'): void {
    const dependants = this.world.dependants(thing.id)
    const companions = dependants.filter((state) => state.thing.companionOf === thing.id)
    const inUse = [
      ...dependants.filter((state) => !companions.includes(state)),
      ...companions.flatMap(({ id }) => this.world.dependants(id)),
    ]
    const [user] = inUse
    if (user) throw new Refusal('DependencyViolation', `${user.id} uses ${thing.id}.`)
    for (const companion of companions) this.world.remove(companion.thing, 'companion')
    this.world.remove(thing, by)
  }

  #standing(kind: KindName, id: string): State {
    const state = this.world.now(id)
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

  #checkReferences({ references }: Kind, attributes: Attributes): void {
    for (const [name, kind] of Object.entries(references)) {
      const id = attributes[name] ?? null
      if (id !== null) this.#standing(kind as KindName, String(id))
    }
  }

  #taken(kind: KindName, attributes: Attributes, place: Place): State | undefined {
    const { unique } = kindOf(kind)
    if (unique.length === 0) return undefined
    return this.world
      .all(kind, place)
      .find((state) => unique.every((name) => state.attributes[name] === attributes[name]))
  }

  /** As an answer shows it. */
  item({ id, attributes, state, thing }: State, fields?: readonly string[]): Item {
    const shown = fields
      ? Object.fromEntries(fields.map((name) => [name, attributes[name] ?? null]))
      : attributes
    const outputs = thing.kind === 'network' && !fields ? { segment_count: this.#segmentsIn(thing) } : {}
    return { Id: id, State: state, Attributes: { ...shown, ...outputs }, CompanionOf: thing.companionOf }
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

const fits = ({ id, attributes, thing }: State, { Ids, Token, Name, Parent }: DescribeInput): boolean =>
  (!Ids || Ids.includes(id)) &&
  (Token === undefined || (attributes.tags as Tags | undefined)?.[tokenTag] === Token) &&
  (Name === undefined || attributes.name === Name) &&
  (Parent === undefined || thing.companionOf === Parent)

const withoutNulls = (given: Attributes): Attributes =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null))

/** Cleared is as if it had never been said. */
const withDefaults = ({ defaults }: Kind, given: Attributes): Attributes =>
  Object.fromEntries(Object.entries(given).map(([name, value]) => [name, value ?? defaults[name] ?? null]))

const withoutToken = ({ tags, ...rest }: Attributes): Attributes => ({
  ...rest,
  tags: Object.fromEntries(Object.entries((tags ?? {}) as Tags).filter(([key]) => key !== tokenTag)),
})
