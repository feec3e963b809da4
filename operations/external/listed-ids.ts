/** What the lists of places show, read once for all that one apply or sync asks about. */
import { canonicalJson } from '#engine/columns/canonical-json.ts'
import type { CloudApi } from '#engine/model/cloud.ts'
import type { RowPlace } from '#engine/plan/resource.ts'
import type { Mapper, ResourceType } from '#modules/kit/index.ts'

type Lister = Pick<Mapper, 'list' | 'idOf'>

interface ListedAt {
  readonly type: Pick<ResourceType, 'name'>
  readonly mapper: Lister
  readonly place: RowPlace
}

/** Keys of the cloud ids that are listed there. */
export type ListedIds = (at: ListedAt, api: CloudApi) => Promise<ReadonlySet<string>>

export function listedIds(): ListedIds {
  const lists = new Map<string, Promise<ReadonlySet<string>>>()
  return async ({ type, mapper, place }, api) => {
    const key = canonicalJson([type.name, place.accountId, place.region])
    const known = lists.get(key)
    if (known) return await known
    const reading = listAll(mapper, api)
    lists.set(key, reading)
    try {
      return await reading
    } catch (error) {
      // Whoever asks next may have more luck.
      lists.delete(key)
      throw error
    }
  }
}

async function listAll(mapper: Lister, api: CloudApi): Promise<ReadonlySet<string>> {
  const listed = new Set<string>()
  for await (const one of mapper.list(api.place, api)) listed.add(canonicalJson(mapper.idOf(one)))
  return listed
}
