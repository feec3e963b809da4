/** Documents of S3 between rows and the SDK: dates, rules without an id, tags that are put all at once. */
import { type Json, type TagMap, tagList, visibleTags } from '../kit/index.ts'

/** As JSON, without what the SDK leaves undefined. */
export const documentOf = (value: object): Json => JSON.parse(JSON.stringify(value)) as Json

/** A user's document as the SDK takes it, with its dates; what is wrong with it AWS says. */
export const sdkDocument = <Sdk>(value: Json): Sdk =>
  JSON.parse(JSON.stringify(value), (key, item: unknown) =>
    key === 'Date' && typeof item === 'string' ? new Date(item) : item,
  ) as Sdk

type Named = Readonly<Record<string, Json>>

/** S3 makes up an id for what has none: one of ours can be told apart from a user's. */
const madeUp = /^iasql-\d+$/

/** `key` is what the id is called there. */
export const withIds = (list: Json | undefined, key: 'ID' | 'Id'): Json =>
  Array.isArray(list)
    ? list.map((one, index) => ({ [key]: `iasql-${index + 1}`, ...(one as Named) }))
    : (list ?? null)

export const withoutIds = (list: Json | undefined, key: 'ID' | 'Id'): Json =>
  Array.isArray(list)
    ? list.map((one) =>
        Object.fromEntries(
          Object.entries(one as Named).filter(([name, value]) => name !== key || !madeUp.test(String(value))),
        ),
      )
    : (list ?? null)

/** The same for each list within a document. */
export const inLists = (document: Json, change: (list: Json) => Json): Json =>
  Object.fromEntries(
    Object.entries(document as Named).map(([name, value]) => [
      name,
      Array.isArray(value) ? change(value) : value,
    ]),
  )

export interface SdkTag {
  readonly Key: string | undefined
  readonly Value: string | undefined
}

/** The user's tags, and those of AWS's and our own that are there already. */
export function tagSet(
  seen: readonly SdkTag[] | undefined,
  want: TagMap | null,
): { Key: string; Value: string }[] {
  const all = Object.fromEntries((seen ?? []).map(({ Key = '', Value = '' }) => [Key, Value]))
  const visible = visibleTags(all)
  const hidden = Object.fromEntries(Object.entries(all).filter(([key]) => !(key in visible)))
  return tagList({ ...hidden, ...want })
}
