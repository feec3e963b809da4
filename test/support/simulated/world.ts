/** What the simulated cloud really has, with its past: reads that lag see an earlier state. */
import type { Place } from '#engine/model/cloud.ts'
import { type Attributes, type KindName, kindOf } from './kinds.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** Who did it: the product's calls, somebody else, or the cloud itself along with a parent. */
export type Author = 'engine' | 'stranger' | 'companion'

interface Version {
  readonly atMs: number
  /** Null: gone from then on. */
  readonly attributes: Attributes | null
  readonly state: 'available' | 'pending' | 'stopping' | 'stopped' | 'deleting'
}

export interface Thing {
  readonly id: string
  readonly kind: KindName
  readonly place: Place
  /** Of the create call, where the kind takes one. */
  readonly token: string | null
  /** What that call asked for, as canonical text. */
  readonly request: string | null
  readonly madeBy: Author
  readonly madeMs: number
  /** The parent that it came with. */
  readonly companionOf: string | null
  /** In order of time; the last ones may lie in the future. */
  versions: readonly Version[]
  deletion?: { readonly by: Author; readonly atMs: number }
}

export interface State {
  readonly id: string
  readonly attributes: Attributes
  readonly state: Version['state']
  readonly thing: Thing
}

/** What the cloud knows it by. */
export const cloudIdOf = ({ id, kind, versions }: Thing): string =>
  kindOf(kind).isNameId ? String(versions[0]?.attributes?.name) : id

export class World {
  readonly clock: VirtualClock
  readonly things = new Map<string, Thing>()
  readonly #byKind = new Map<KindName, Thing[]>()
  #made = 0

  constructor(clock: VirtualClock) {
    this.clock = clock
  }

  stateAt(thing: Thing, atMs: number): State | undefined {
    const version = thing.versions.findLast((one) => one.atMs <= atMs)
    if (!version?.attributes) return undefined
    return { id: thing.id, attributes: version.attributes, state: version.state, thing }
  }

  /** All that have ever been known by this in the cloud. */
  bearers(kind: KindName, cloudId: string): readonly Thing[] {
    if (!kindOf(kind).isNameId) return [this.things.get(cloudId) ?? []].flat()
    return this.ofKind(kind).filter((thing) => thing.id === cloudId || cloudIdOf(thing) === cloudId)
  }

  now(id: string): State | undefined {
    const thing = this.things.get(id)
    return thing && this.stateAt(thing, this.clock.nowMs)
  }

  /** Everything of a kind that there ever was, in the order of its ids. */
  ofKind(kind: KindName): readonly Thing[] {
    return this.#byKind.get(kind) ?? []
  }

  /** Everything of a kind that stands, at all places or at one. */
  all(kind: KindName, place?: Place, atMs: number = this.clock.nowMs): readonly State[] {
    return this.ofKind(kind).flatMap((thing) => {
      if (place && (thing.place.region !== place.region || thing.place.accountId !== place.accountId))
        return []
      return this.stateAt(thing, atMs) ?? []
    })
  }

  make(made: Pick<Thing, 'kind' | 'place' | 'madeBy'> & Partial<Thing>, attributes: Attributes): Thing {
    const { prefix, pendingMs } = kindOf(made.kind)
    this.#made += 1
    const nowMs = this.clock.nowMs
    const thing: Thing = {
      id: `${prefix}-${this.#made.toString(16).padStart(8, '0')}`,
      token: null,
      request: null,
      companionOf: null,
      madeMs: nowMs,
      ...made,
      versions:
        pendingMs === 0
          ? [{ atMs: nowMs, attributes, state: 'available' }]
          : [
              { atMs: nowMs, attributes, state: 'pending' },
              { atMs: nowMs + pendingMs, attributes, state: 'available' },
            ],
    }
    this.things.set(thing.id, thing)
    const others = this.#byKind.get(thing.kind)
    if (others) others.push(thing)
    else this.#byKind.set(thing.kind, [thing])
    return thing
  }

  /** Gives what takes back whatever is done from now on. */
  remember(): () => void {
    const known = new Map([...this.things.values()].map((thing) => [thing, { ...thing }]))
    return () => {
      for (const [id, thing] of [...this.things]) {
        const before = known.get(thing)
        if (before) {
          thing.versions = before.versions
          if (before.deletion === undefined) delete thing.deletion
          continue
        }
        this.things.delete(id)
        const others = this.#byKind.get(thing.kind) ?? []
        this.#byKind.set(
          thing.kind,
          others.filter((other) => other !== thing),
        )
      }
    }
  }

  /** Now, and in whatever is to come. */
  change(thing: Thing, attributes: Attributes): void {
    const nowMs = this.clock.nowMs
    const current = thing.versions.findLast((one) => one.atMs <= nowMs)
    const merged = (version: Version): Version =>
      version.attributes ? { ...version, attributes: { ...version.attributes, ...attributes } } : version
    const later = thing.versions.filter((one) => one.atMs > nowMs).map(merged)
    const past = thing.versions.filter((one) => one.atMs <= nowMs)
    thing.versions = [...past, ...(current ? [{ ...merged(current), atMs: nowMs }] : []), ...later]
  }

  /** A state now and another after some time. */
  turn(
    thing: Thing,
    now: Version['state'],
    then?: { readonly state: Version['state']; readonly afterMs: number },
  ): void {
    const nowMs = this.clock.nowMs
    const past = thing.versions.filter((one) => one.atMs <= nowMs)
    const attributes = past.at(-1)?.attributes ?? null
    thing.versions = [
      ...past,
      { atMs: nowMs, attributes, state: now },
      ...(then ? [{ atMs: nowMs + then.afterMs, attributes, state: then.state }] : []),
    ]
  }

  remove(thing: Thing, by: Author): void {
    const nowMs = this.clock.nowMs
    const { deletingMs } = kindOf(thing.kind)
    const past = thing.versions.filter((one) => one.atMs <= nowMs)
    const attributes = past.at(-1)?.attributes ?? null
    thing.deletion = { by, atMs: nowMs }
    thing.versions = [
      ...past,
      ...(deletingMs > 0 ? [{ atMs: nowMs, attributes, state: 'deleting' as const }] : []),
      { atMs: nowMs + deletingMs, attributes: null, state: 'deleting' },
    ]
  }

  /** Whose attributes are this id, now, and hold it. */
  dependants(id: string): readonly State[] {
    const { kind, place } = this.things.get(id) ?? {}
    if (!kind || kindOf(kind).family !== undefined) return []
    return [...this.#byKind.keys()].flatMap((other) => {
      const columns = Object.entries(kindOf(other).references).flatMap(([name, to]) =>
        to === kind ? [name] : [],
      )
      if (columns.length === 0) return []
      return this.all(other, place).filter(
        (state) => state.id !== id && columns.some((name) => state.attributes[name] === id),
      )
    })
  }
}
