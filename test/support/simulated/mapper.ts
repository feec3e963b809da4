/** Mappers of the simulated service: written once, since its operations are alike for all kinds. */
import type { CloudReference } from '#engine/model/cloud.ts'
import type { Json, JsonObject } from '#engine/model/json.ts'
import {
  type CloudApi,
  type CloudId,
  digestOf,
  done,
  type Mapper,
  type Outcome,
  ref,
  type TagMap,
  type Token,
  tagChanges,
  tokenTag,
  visibleTags,
  waiting,
} from '#modules/kit/index.ts'
import { commands, type Item, type ModifyInput, SimulatedClient } from './commands.ts'
import { type Attributes, type Kind, type KindName, kindOf } from './kinds.ts'

type Want = Readonly<Record<string, Json | CloudId | Uint8Array>>

export interface MapperOptions {
  readonly kind: KindName
  /** Output columns that the service gives as attributes. */
  readonly outputs?: readonly string[]
  /** Columns that a create does not take: sent by a call of their own afterwards. */
  readonly afterCreate?: readonly string[]
}

/** What a list lacks is read by `Describe`. */
// biome-ignore lint/suspicious/noExplicitAny: one mapper for the rows of every kind
export function simulatedMapper({ kind, outputs = [], afterCreate = [] }: MapperOptions): Mapper<any, Item> {
  const spec: Kind = kindOf(kind)
  const { Create, Describe, List, Modify, Delete, Stop, Start } = commands[kind]
  const idOf = (item: Item): CloudId => ({ [`${kind}_id`]: item.Id })
  const names = ['Create', 'Describe', 'List', 'Modify', 'Delete', 'Stop', 'Start']
  const arguments_ = argumentsOf(spec)
  const find: Find = async (input, cloud, isIt = () => true) => {
    for await (const item of cloud.pages(Describe, input, (page) => page.Items)) if (isIt(item)) return item
    return undefined
  }
  const isUp = ({ State }: Item): boolean => State === 'available'

  return {
    client: SimulatedClient,
    operations: names.map((name) => `${name}${spec.name}`),
    idOf,
    list: (_, cloud) => cloud.pages(List, {}, (page) => page.Items),
    async get(ids, cloud) {
      const found: Item[] = []
      const Ids = ids.map((id) => id[`${kind}_id`] ?? '')
      for await (const item of cloud.pages(Describe, { Ids }, (page) => page.Items)) found.push(item)
      return found
    },
    toRow: (item) => rowOf(kind, item, [...arguments_, ...outputs]),
    settled: (item) => isUp(item) || item.State === 'stopped',
    async create(want, token, cloud): Promise<Outcome> {
      const given = attributesOf(
        want as Want,
        arguments_.filter((name) => !afterCreate.includes(name)),
      )
      const tags = { ...(want as { readonly tags?: TagMap | null }).tags, ...tokenTagOf(spec, token) }
      const { Item: made } = await cloud.send(Create, {
        Attributes: hasTags(spec) ? { ...given, tags } : given,
        ...(takesToken(spec) ? { ClientToken: token } : {}),
      })
      const isMore = afterCreate.some((name) => (want as Want)[name] !== spec.defaults[name])
      if (isMore) return waiting(idOf(made), 'it to be available', 'again')
      return isUp(made) ? done(idOf(made)) : waiting(idOf(made), 'it to be available')
    },
    async update(seen, want, delta, _, cloud): Promise<Outcome> {
      const id = idOf(seen)
      const changed = Object.keys(delta)
      const stopped = changed.filter((name) => spec.whileStopped.includes(name))
      if (stopped.length > 0 && seen.State === 'available') {
        await cloud.send(Stop, { Id: seen.Id })
        return waiting(id, 'it to stop', 'again')
      }
      const input: ModifyInput = {
        Id: seen.Id,
        Attributes: attributesOf(
          want as Want,
          changed.filter((name) => name !== 'tags'),
        ),
      }
      if (Object.keys(input.Attributes ?? {}).length > 0) await cloud.send(Modify, input)
      if (changed.includes('tags')) {
        const { put, remove } = tagChanges(
          visibleTags(tagsOf(seen)),
          (want as { readonly tags: TagMap | null }).tags,
        )
        await cloud.send(Modify, { Id: seen.Id, PutTags: put, RemoveTags: remove })
      }
      if (spec.rollsMs > 0 && changed.some((name) => name !== 'tags')) return waiting(id, 'it to be steady')
      if (seen.State !== 'stopped') return done(id)
      await cloud.send(Start, { Id: seen.Id })
      return waiting(id, 'it to start')
    },
    async delete(seen, _, cloud): Promise<Outcome> {
      await cloud.send(Delete, { Id: seen.Id })
      return spec.deletingMs > 0 ? waiting(idOf(seen), 'it to go') : done(idOf(seen))
    },
    ...lookUpOf(spec, find),
    ...(kind === 'rulebook'
      ? {
          companionOf: ({ CompanionOf }: Item) =>
            CompanionOf === null ? null : ref('sim.network', { network_id: CompanionOf }),
          companions: (parent: CloudReference, cloud: CloudApi) =>
            cloud.pages(Describe, { Parent: parent.id.network_id ?? '' }, (page) => page.Items),
        }
      : {}),
  }
}

type Find = (input: object, cloud: CloudApi, isIt?: (item: Item) => boolean) => Promise<Item | undefined>

/** How it is found out what a create without an answer has made. */
// biome-ignore lint/suspicious/noExplicitAny: as the mappers it is part of
function lookUpOf({ idempotency, tokenMs, unique }: Kind, find: Find): Partial<Mapper<any, Item>> {
  switch (idempotency) {
    case 'hidden':
      return { unmarked: { tokenMs } }
    case 'name':
      return {
        findByName(want, cloud) {
          const wanted = attributesOf(want as Want, unique)
          const isNamed = ({ Attributes }: Item) => unique.every((name) => Attributes[name] === wanted[name])
          return find({ Name: (want as { readonly name: string }).name }, cloud, isNamed)
        },
      }
    default:
      return { findByToken: (token, cloud) => find({ Token: token }, cloud) }
  }
}

const takesToken = ({ idempotency }: Kind): boolean => idempotency === 'token' || idempotency === 'hidden'

const hasTags = ({ defaults }: Kind): boolean => 'tags' in defaults

/** Qualified. */
const tableOf = (kind: KindName): string => `${kindOf(kind).module}.${kind}`

/** Every attribute is a column of the same name. */
const argumentsOf = (spec: Kind): readonly string[] => {
  const attributes = [...spec.immutable, ...Object.keys(spec.defaults), ...Object.keys(spec.references)]
  return [...new Set(attributes)].filter((name) => name !== 'tags')
}

const tokenTagOf = ({ idempotency }: Kind, token: Token): TagMap =>
  idempotency === 'name' ? {} : { [tokenTag]: token }

const tagsOf = ({ Attributes: { tags } }: Item): TagMap => (tags ?? {}) as TagMap

/** References become plain ids, and contents base64. */
const attributesOf = (want: Want, names: readonly string[]): Attributes =>
  Object.fromEntries(
    names.map((name) => {
      const value = want[name] ?? null
      return [name, value instanceof Uint8Array ? Buffer.from(value).toString('base64') : plain(name, value)]
    }),
  )

const plain = (name: string, value: Json | CloudId): Json =>
  name.endsWith('_id') && typeof value === 'object' && value !== null
    ? (Object.values(value as JsonObject)[0] ?? null)
    : (value as Json)

function rowOf(kind: KindName, item: Item, names: readonly string[]): object {
  const spec: Kind = kindOf(kind)
  const { references } = spec
  const shown = names.filter((name) => !spec.secrets.includes(name))
  const values = shown.map((name) => {
    const value = item.Attributes[name] ?? null
    if (spec.contents.includes(name)) return [name, digestOf(value as string | null)]
    const target = references[name]
    return [
      name,
      target && value !== null
        ? ref(tableOf(target as KindName), { [`${target}_id`]: String(value) })
        : value,
    ]
  })
  return {
    ...Object.fromEntries(values),
    [`${kind}_id`]: item.Id,
    state: item.State,
    ...(hasTags(spec) ? { tags: visibleTags(tagsOf(item)) } : {}),
    ...(kind === 'rulebook' ? { is_default: item.CompanionOf !== null } : {}),
  }
}
