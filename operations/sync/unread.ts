/** What alone cannot be read while the rest of its table can: a bucket whose policy denies it, an object with a key of its own. */
import { canonicalJson } from '#engine/columns/canonical-json.ts'
import type { CloudApi, CloudId } from '#engine/model/cloud.ts'
import { type ErrorCode, IasqlError } from '#engine/model/error.ts'
import { listed } from '#engine/plan/listed-names.ts'
import { describeCloudId } from '#engine/plan/natural-name.ts'
import type { Mapper, ResourceType } from '#modules/kit/index.ts'

interface Unread {
  readonly id: CloudId
  readonly why: IasqlError
}

/** By key; neither absent nor changed, as nothing is known of them. */
export type UnreadResources = Map<string, Unread>

const ofOne: ReadonlySet<ErrorCode> = new Set(['cloud/denied', 'cloud/invalid'])

/** Whether a single resource may be the cause of it. */
export const isOfOne = (error: unknown): error is IasqlError =>
  error instanceof IasqlError && ofOne.has(error.code)

/** Those that can be read; the others are noted. */
export async function getReadable(
  mapper: Mapper,
  ids: readonly CloudId[],
  api: CloudApi,
  unread: UnreadResources,
): Promise<readonly unknown[]> {
  const note = (id: CloudId, why: IasqlError): void => void unread.set(canonicalJson(id), { id, why })
  const tolerant: CloudApi = {
    place: api.place,
    send: (command, input) => api.send(command, input),
    pages: (command, input, items) => api.pages(command, input, items),
    each: (some, read) => {
      // Only these are whole resources: a piece of one that is missing would look like a change.
      if ((some as readonly unknown[]) !== ids) return api.each(some, read)
      return api.each(some, (id) =>
        read(id).catch((error: unknown) => {
          if (!isOfOne(error)) throw error
          note(id as CloudId, error)
          return undefined
        }),
      )
    },
  }
  try {
    return await mapper.get(ids, tolerant)
  } catch (error) {
    if (!isOfOne(error)) throw error
    return await oneByOne({ mapper, api, note }, ids, error)
  }
}

interface Alone {
  readonly mapper: Mapper
  readonly api: CloudApi
  note(id: CloudId, why: IasqlError): void
}

/** Where so many are refused and none is shown, a permission is missing: the rest are not asked for. */
const mostInVain = 20

/** Read together they were refused, which one of them may be the cause of. */
async function oneByOne(
  { mapper, api, note }: Alone,
  ids: readonly CloudId[],
  refusal: IasqlError,
): Promise<readonly unknown[]> {
  const found: unknown[] = []
  let answers = 0
  for (let at = 0; at < ids.length; at += mostInVain) {
    if (at > 0 && answers === 0) {
      for (const id of ids.slice(at)) note(id, refusal)
      break
    }
    const read = await api.each(ids.slice(at, at + mostInVain), async (id) => {
      try {
        const seen = ids.length > 1 ? await mapper.get([id], api) : await Promise.reject(refusal)
        answers += 1
        return seen
      } catch (error) {
        if (!isOfOne(error)) throw error
        note(id, error)
        return undefined
      }
    })
    found.push(...read.flat())
  }
  return found
}

/** Where none of several may be read, a permission is missing, and nothing is wrong with any of them. */
export function checkPermission(unread: UnreadResources): void {
  const [first, ...more] = [...unread.values()].map(({ why }) => why)
  if (first && more.length > 0 && [first, ...more].every(({ code }) => code === 'cloud/denied')) throw first
}

const mostNamed = 5

export function unreadNotices({ name }: ResourceType, unread: UnreadResources): readonly string[] {
  const all = [...unread.values()]
  const [first] = all
  if (!first) return []
  const names = listed(
    all.map(({ id }) => describeCloudId(id)),
    mostNamed,
  )
  return [`${name} ${names}: left as known here, since AWS refuses to show it. ${first.why.message}`]
}
