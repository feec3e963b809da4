/** What alone cannot be read while the rest of its table can: a bucket whose policy denies it, an object with a key of its own. */
import { canonicalJson } from '#engine/columns/canonical-json.ts'
import type { CloudApi, CloudId } from '#engine/model/cloud.ts'
import { type ErrorCode, IasqlError } from '#engine/model/error.ts'
import { describeCloudId } from '#engine/plan/natural-name.ts'
import type { Mapper, ResourceType } from '#modules/kit/index.ts'

interface Unread {
  readonly id: CloudId
  readonly why: IasqlError
}

/** By key; neither absent nor changed, as nothing is known of them. */
export type UnreadResources = Map<string, Unread>

/** Refusals that a single resource may be the cause of. */
const ofOne: ReadonlySet<ErrorCode> = new Set(['cloud/denied', 'cloud/invalid'])

/** Those that can be read; the others are noted. */
export async function getReadable(
  mapper: Mapper,
  ids: readonly CloudId[],
  api: CloudApi,
  unread: UnreadResources,
): Promise<readonly unknown[]> {
  const tolerant: CloudApi = {
    place: api.place,
    send: (command, input) => api.send(command, input),
    pages: (command, input, items) => api.pages(command, input, items),
    each: (some, read) => {
      // Only these are whole resources: a piece of one that is missing would look like a change.
      if ((some as readonly unknown[]) !== ids) return api.each(some, read)
      return api.each(some, (id) =>
        read(id).catch((error: unknown) => {
          if (!(error instanceof IasqlError) || !ofOne.has(error.code)) throw error
          unread.set(canonicalJson(id as CloudId), { id: id as CloudId, why: error })
          return undefined
        }),
      )
    },
  }
  return await mapper.get(ids, tolerant)
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
  const names = all.slice(0, mostNamed).map(({ id }) => describeCloudId(id))
  const more = all.length > mostNamed ? ` and ${all.length - mostNamed} more` : ''
  return [
    `${name} ${names.join(', ')}${more}: left as known here, since AWS refuses to show it. ${first.why.message}`,
  ]
}
