/** Somebody else at work in the same account, of whom the product learns by its reads only. */
import type { Json } from '#engine/model/json.ts'
import { digestIn, nextVersion } from '#test/support/simulated/attributes.ts'
import { type Attributes, type KindName, kindOf } from '#test/support/simulated/kinds.ts'
import type { SimulatedLab } from '#test/support/simulated/lab.ts'
import { Refusal } from '#test/support/simulated/refusal.ts'
import { isRequested } from '#test/support/simulated/vault-request.ts'
import type { State, Thing } from '#test/support/simulated/world.ts'

/** A value of a vault that no user has written. */
export const theirs = 'their secret'

const ports = [-1, 22, 80, 443]
const place = { accountId: '123456789012', region: 'us-east-1' }

export class Stranger {
  /** `id.attribute` of what was changed, `id` of what was removed. */
  readonly touched = new Set<string>()
  readonly #lab: SimulatedLab

  constructor(lab: SimulatedLab) {
    this.#lab = lab
  }

  make(kind: KindName, slot: number, number: number): void {
    const { world, service } = this.#lab.cloud
    const attributes = this.#newAttributes(kind, slot, number)
    const { unique, defaults } = kindOf(kind)
    if (!attributes) return
    const isTaken = world
      .all(kind)
      .some(
        (state) => unique.length > 0 && unique.every((name) => state.attributes[name] === attributes[name]),
      )
    if (isTaken) return
    const made = service.numbered(kind, { ...defaults, ...attributes })
    const thing = world.make({ kind, place, madeBy: 'stranger' }, made)
    service.addCompanion(thing)
  }

  change(kind: KindName, slot: number, number: number): void {
    const state = this.#pick(kind, slot)
    if (state?.state !== 'available') return
    const [name, value] = changes[kind][number % changes[kind].length] ?? ['tags', {}]
    const kept = name === 'tags' ? { ...(state.attributes.tags as object), strange: String(number) } : value
    const said = { [name]: kept as Json }
    this.#lab.cloud.world.change(state.thing, {
      ...said,
      ...nextVersion(kindOf(kind), state.attributes, said),
    })
    this.touched.add(`${state.id}.${name}`)
  }

  remove(kind: KindName, slot: number): void {
    const state = this.#pick(kind, slot)
    if (state?.state !== 'available' || (state.thing.companionOf && !kindOf(kind).isRemovable)) return
    try {
      this.#lab.cloud.service.removeWith(state.thing, 'stranger')
      this.touched.add(state.id)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
    }
  }

  /** As the cloud insists, all that uses it goes along; not where somebody else's does. What a function has made is nobody's row. */
  leave(id: string): boolean {
    const { world } = this.#lab.cloud
    const leaving = new Set([id])
    for (const one of leaving) for (const user of world.dependants(one)) leaving.add(user.id)
    const things = [...leaving].flatMap((one) => world.things.get(one) ?? [])
    const isOurs = (thing: Thing): boolean =>
      thing.madeBy !== 'stranger' && !isRequested(thing) && !leaving.has(thing.companionOf ?? '')
    if (things.some(isOurs)) return false
    for (const thing of things) {
      world.remove(thing, 'stranger')
      this.touched.add(thing.id)
    }
    return true
  }

  /** Just like one that there is: of such nobody can tell who made which. */
  #twinOf(kind: KindName, slot: number): Attributes | undefined {
    return this.#pick(kind, slot)?.attributes
  }

  #pick(kind: KindName, slot: number): State | undefined {
    const all = this.#lab.cloud.world.all(kind)
    return all[slot % Math.max(all.length, 1)]
  }

  /** Undefined when what it needs is not there. */
  #newAttributes(kind: KindName, slot: number, number: number): Attributes | undefined {
    const network = this.#pick('network', slot)?.id
    const segment = this.#pick('segment', slot)?.id
    switch (kind) {
      case 'network':
        return { cidr: `172.${number % 250}.0.0/16` }
      case 'rulebook':
        return network === undefined ? undefined : { network_id: network, rules: ['theirs'] }
      case 'segment':
        return network === undefined ? undefined : { network_id: network, cidr: `10.9.${number % 250}.0/24` }
      case 'topic':
        return { name: number % 3 === 0 ? `topic-${number % 40}` : `their-${number}` }
      case 'gateway':
        return segment === undefined ? undefined : { segment_id: segment, label: 'theirs' }
      case 'portal':
        return network === undefined
          ? undefined
          : (this.#twinOf(kind, slot) ?? { network_id: network, purpose: 'in' })
      case 'server':
        return { segment_id: segment ?? null, user_data: 'theirs' }
      case 'guard':
        return network === undefined ? undefined : { network_id: network }
      case 'rule': {
        const guard_id = this.#pick('guard', slot)?.id
        const source_id = (number % 2 === 0 ? this.#pick('guard', number)?.id : undefined) ?? null
        if (guard_id === undefined) return undefined
        return {
          guard_id,
          direction: number % 3 === 0 ? 'out' : 'in',
          port: ports[number % 4] ?? -1,
          source_id,
        }
      }
      case 'vault':
        return { name: `vault-${number % 16}`, value: theirs }
      case 'blueprint':
        return { family: `family-${number % 8}`, size: 9 }
      case 'crew': {
        const blueprint = this.#pick('blueprint', slot)?.id
        return blueprint === undefined ? undefined : { blueprint_id: blueprint }
      }
      case 'store':
        return { name: `store-${number % 16}` }
      case 'page': {
        const store = this.#pick('store', slot)?.id
        const name = number % 2 === 0 ? 'index' : 'their'
        return store === undefined ? undefined : { store_id: store, name, body: digestIn('dGhlaXJz') }
      }
      case 'person':
        return { name: `person-${number % 14}` }
    }
  }
}

const changes: Readonly<Record<KindName, readonly (readonly [string, Json])[]>> = {
  network: [
    ['mtu', 1_300],
    ['has_dns', false],
    ['notes', 'strange'],
    ['tags', {}],
  ],
  rulebook: [
    ['rules', ['strange']],
    ['tags', {}],
  ],
  segment: [['tags', {}]],
  topic: [
    ['retention', 77],
    ['labels', ['strange']],
    ['document', { strange: true }],
    ['dead_letter_id', null],
    ['tags', {}],
  ],
  gateway: [
    ['size', 9],
    ['label', 'strange'],
    ['tags', {}],
  ],
  portal: [
    ['size', 9],
    ['note', 'strange'],
  ],
  server: [
    ['config', { strange: true }],
    ['is_watched', true],
    ['peer_id', null],
    ['rulebook_id', null],
    ['tags', {}],
  ],
  guard: [
    ['notes', 'strange'],
    ['tags', {}],
  ],
  rule: [
    ['notes', 'strange'],
    ['tags', {}],
  ],
  vault: [
    ['value', theirs],
    ['notes', 'strange'],
    ['tags', {}],
  ],
  blueprint: [['tags', {}]],
  crew: [
    ['members', 9],
    ['leader_id', null],
    ['tags', {}],
  ],
  store: [
    ['policy', null],
    ['keeping', 'paused'],
    ['tags', {}],
  ],
  page: [
    ['body', digestIn('c3RyYW5nZQ==')],
    ['language', 'fr'],
    ['tags', {}],
  ],
  person: [
    ['policy', null],
    ['notes', 'strange'],
    ['tags', {}],
  ],
}
