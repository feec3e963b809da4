/** Tags on their way between rows and AWS: the engine's own and AWS's never show, and survive any edit. */
import type { Token } from '#engine/model/cloud.ts'
import type { TagMap } from './row.ts'

/** Tag that a create call carries, by which its result is found again after a crash. */
export const tokenTag = 'iasql:token'

/** Every tag that we put on resources without showing it. */
export const ownTags: readonly string[] = [tokenTag]

const isUsers = (key: string): boolean => !key.startsWith('iasql:') && !key.startsWith('aws:')

export interface SdkTag {
  readonly Key?: string | undefined
  readonly Value?: string | undefined
}

/** `[{ Key, Value }]` as read from AWS to what a row shows. */
export const tagsFrom = (list: readonly SdkTag[] | undefined): TagMap =>
  visibleTags(Object.fromEntries((list ?? []).map(({ Key = '', Value = '' }) => [Key, Value])))

export const visibleTags = (all: TagMap | undefined): TagMap =>
  Object.fromEntries(Object.entries(all ?? {}).filter(([key]) => isUsers(key)))

/** `[{ Key, Value }]` of a create call, with the token. */
export const tagsWithToken = (tags: TagMap | null, token: Token): { Key: string; Value: string }[] =>
  tagList({ ...tags, [tokenTag]: token })

export const tagList = (tags: TagMap): { Key: string; Value: string }[] =>
  Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))

export interface TagChanges {
  readonly put: TagMap
  readonly remove: readonly string[]
}

/** What to put and what to remove so that the visible tags become `want`; nothing else is touched. */
export function tagChanges(seen: TagMap, want: TagMap | null): TagChanges {
  const wanted = want ?? {}
  const put = Object.entries(wanted).filter(([key, value]) => seen[key] !== value)
  const remove = Object.keys(seen).filter((key) => isUsers(key) && !(key in wanted))
  return { put: Object.fromEntries(put), remove }
}
