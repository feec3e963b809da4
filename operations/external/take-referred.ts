/** What our resources refer to and no list of ours shows: read by its id, it becomes a row that is only read. */
import { canonicalJson } from '#engine/columns/canonical-json.ts'
import type { CloudApi, CloudId, CloudReference } from '#engine/model/cloud.ts'
import { IasqlError } from '#engine/model/error.ts'
import { listed } from '#engine/plan/listed-names.ts'
import { describeCloudId, shownName } from '#engine/plan/natural-name.ts'
import { type RowPlace, unqualified } from '#engine/plan/resource.ts'
import type { Mapper, ResourceType } from '#modules/kit/index.ts'
import { readForgotten } from '#postgres/statements/forgotten.ts'
import type { ImportedRow } from '#postgres/statements/resource-import.ts'
import { importRows } from '../sync/import-rows.ts'
import { placeOf } from '../sync/places.ts'
import { indexReferences, readRow, referencesIn } from '../sync/row-references.ts'
import type { SyncScope } from '../sync/sync-scope.ts'
import { getReadable, type UnreadResources } from '../sync/unread.ts'

export type ExternalScope = Pick<SyncScope, 'ports' | 'db' | 'tenant' | 'tables' | 'signal' | 'listed'>

export interface Referred {
  /** References to which no row of ours fits. */
  readonly unknown: readonly CloudReference[]
  /** Where what refers to them was read. */
  readonly place: RowPlace
  /** Whether it is about to become a row of ours anyway. */
  readonly isComing?: (reference: CloudReference) => boolean
}

export interface Taken {
  /** The rows that were made. */
  readonly rows: readonly { readonly table: string; readonly rowId: number; readonly cloudId: CloudId }[]
  readonly notices: readonly string[]
}

export async function takeReferred(scope: ExternalScope, referred: Referred): Promise<Taken> {
  return await take(scope, referred, new Set())
}

/** `tried` ends circles of references. */
async function take(scope: ExternalScope, referred: Referred, tried: Set<string>): Promise<Taken> {
  const wanted = new Map<string, CloudReference>()
  for (const reference of referred.unknown) {
    const key = keyOf(reference)
    if (tried.has(key) || referred.isComing?.(reference)) continue
    tried.add(key)
    wanted.set(key, reference)
  }
  const taken: Taken[] = []
  for (const [table, references] of Map.groupBy(wanted.values(), ({ $ref }) => unqualified($ref))) {
    const type = scope.tables.types.find(({ name }) => name === table)
    if (!type?.mapper) continue
    const target: Target = { type, mapper: type.mapper, place: placeIn(type, referred.place) }
    taken.push(await takeOf(scope, target, references, tried))
  }
  return joined(taken)
}

interface Target {
  readonly type: ResourceType
  readonly mapper: Mapper
  readonly place: RowPlace
}

const keyOf = ({ $ref, id }: CloudReference): string => `${unqualified($ref)} ${canonicalJson(id)}`

const joined = (taken: readonly Taken[]): Taken => ({
  rows: taken.flatMap(({ rows }) => rows),
  notices: taken.flatMap(({ notices }) => notices),
})

const placeIn = (type: ResourceType, { accountId, region }: RowPlace): RowPlace => ({
  accountId: type.place === 'tenant' ? null : accountId,
  region: type.place === 'regional' ? region : null,
})

async function takeOf(
  scope: ExternalScope,
  target: Target,
  references: readonly CloudReference[],
  tried: Set<string>,
): Promise<Taken> {
  const { ports, db, tenant, signal } = scope
  const { type, mapper, place } = target
  const ids = references.map(({ id }) => id)
  try {
    const api = ports.cloud.api(mapper.client, placeOf(ports, place), signal)
    const unread: UnreadResources = new Map()
    const seen = await getReadable(mapper, ids, api, unread)
    const found = new Set(seen.map((one) => canonicalJson(mapper.idOf(one))))
    const lost = ids.filter((id) => !found.has(canonicalJson(id)) && !unread.has(canonicalJson(id)))
    const strange = await notOurs(scope, target, seen, api)
    const inner = strange.flatMap((one) => referencesIn(mapper.toRow(one)))
    const first = await indexReferences(db, tenant, inner)
    const unknown = inner.filter((reference) => !first.find(reference, place))
    const below = await take(scope, { unknown, place }, tried)
    const own = await importStrange(scope, target, strange)
    return joined([below, own, { rows: [], notices: noticesOf(type, lost, unread) }])
  } catch (error) {
    if (!(error instanceof IasqlError) || error.blame !== 'cloud') throw error
    signal.throwIfAborted()
    return { rows: [], notices: [`${unreadable(type, ids)} ${error.message}`] }
  }
}

const unreadable = (type: ResourceType, ids: readonly CloudId[]): string =>
  `${type.name} ${listed(ids.map(describeCloudId), 5)}: something refers to it, but it cannot be read.`

function noticesOf(type: ResourceType, lost: readonly CloudId[], unread: UnreadResources): readonly string[] {
  const denied = [...unread.values()]
  const [first] = denied
  const names = denied.map(({ id }) => id)
  return [
    ...(lost.length > 0 ? [unreadable(type, lost)] : []),
    ...(first ? [`${unreadable(type, names)} ${first.why.message}`] : []),
  ]
}

/** What a list of the place shows becomes a row of ours by its own sync, unless it was to be left alone. */
async function notOurs(
  { db, tenant, listed: listedIds }: ExternalScope,
  target: Target,
  seen: readonly unknown[],
  api: CloudApi,
): Promise<readonly unknown[]> {
  const { type, mapper, place } = target
  const left = new Set((await readForgotten(db, tenant, type.name, place)).map((id) => canonicalJson(id)))
  const isStrange = (one: unknown): boolean =>
    mapper.isExternal?.(one, api.place) === true || left.has(canonicalJson(mapper.idOf(one)))
  if (seen.every(isStrange)) return seen
  const listed = await listedIds(target, api)
  return seen.filter((one) => isStrange(one) || !listed.has(canonicalJson(mapper.idOf(one))))
}

async function importStrange(
  { db, tenant }: ExternalScope,
  { type, mapper, place }: Target,
  strange: readonly unknown[],
): Promise<Taken> {
  const seen = strange.map((one) => ({ cloudId: mapper.idOf(one), row: mapper.toRow(one) }))
  const index = await indexReferences(
    db,
    tenant,
    seen.flatMap(({ row }) => referencesIn(row)),
  )
  const rows = seen.flatMap(({ cloudId, row: cloudRow }): readonly ImportedRow[] => {
    const { row, dangling } = readRow(type, cloudRow, index, place)
    if (dangling.length > 0) return []
    return [
      {
        cloudId,
        row,
        naturalName: shownName(type, row, cloudId, index.nameOf),
        companionOf: null,
        external: { isListed: false },
      },
    ]
  })
  const { made, notices } = await importRows(db, tenant, type, place, rows)
  const news = made.map(
    ({ cloud_id: id }) =>
      `${type.name} ${describeCloudId(id)} is not ours but referred to: it is an external row, which is only read.`,
  )
  return {
    rows: made.map(({ row_id: rowId, cloud_id: cloudId }) => ({ table: type.name, rowId, cloudId })),
    notices: [...news, ...notices],
  }
}
