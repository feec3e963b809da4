/** Reads all resources of one kind at one place: one list, and a read by id only where the list lacks something. */
import { canonicalJson } from '#engine/columns/canonical-json.ts'
import type { CloudId, CloudReference, Place, SeenRow } from '#engine/model/cloud.ts'
import type { Mapper } from '#modules/kit/index.ts'
import { placeOf } from './places.ts'
import type { SyncScope, TableAt } from './sync-scope.ts'
import { checkPermission, getReadable, type UnreadResources } from './unread.ts'

export interface SeenResource {
  readonly key: string
  readonly cloudId: CloudId
  readonly row: SeenRow
  /** The parent that AWS made it with. */
  readonly parent: CloudReference | null
  /** Another account owns it. */
  readonly isExternal: boolean
}

export interface CloudReading {
  readonly startedAt: Date
  readonly seen: readonly SeenResource[]
  /** Keys of all that the list shows, also of what a read by id does not find (any more, or yet). */
  readonly listed: ReadonlySet<string>
  /** What could not be read so far; of it nothing is known. */
  readonly unread: UnreadResources
  /** Reads by id: what a list left out, which proves nothing by itself. */
  get(ids: readonly CloudId[]): Promise<readonly SeenResource[]>
}

/** Reads at once by id. */
const page = 500

export async function readCloud(
  { ports, signal }: Pick<SyncScope, 'ports' | 'signal'>,
  { type, place }: TableAt,
): Promise<CloudReading> {
  const { mapper } = type
  if (!mapper) throw new Error(`${type.name} is read from no cloud`)
  const startedAt = ports.clock.now()
  const target = placeOf(ports, place)
  const api = ports.cloud.api(mapper.client, target, signal)
  const listed: unknown[] = []
  for await (const item of mapper.list(target, api)) listed.push(item)
  const unread: UnreadResources = new Map()
  const getAll = async (ids: readonly CloudId[]): Promise<readonly unknown[]> => {
    const found: unknown[] = []
    for (let at = 0; at < ids.length; at += page)
      found.push(...(await getReadable(mapper, ids.slice(at, at + page), api, unread)))
    return found
  }
  const whole = type.hydrates.length > 0 ? await getAll(listed.map((item) => mapper.idOf(item))) : listed
  if (whole.length === 0) checkPermission(unread)
  return {
    startedAt,
    listed: new Set(listed.map((item) => canonicalJson(mapper.idOf(item)))),
    seen: whole.map((item) => seenResource(mapper, item, target)),
    unread,
    get: async (ids) => (await getAll(ids)).map((item) => seenResource(mapper, item, target)),
  }
}

export const seenResource = (mapper: Mapper, item: unknown, place: Place): SeenResource => {
  const cloudId = mapper.idOf(item)
  return {
    key: canonicalJson(cloudId),
    cloudId,
    row: mapper.toRow(item),
    parent: mapper.companionOf?.(item) ?? null,
    isExternal: mapper.isExternal?.(item, place) ?? false,
  }
}
