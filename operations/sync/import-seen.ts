/** What the cloud has and nobody here knows becomes a row; what a user has asked for meanwhile is left for an apply. */

import { canonicalJson } from '#engine/columns/canonical-json.ts'
import { describeCloudId, shownName } from '#engine/plan/natural-name.ts'
import type { ResourceType } from '#modules/kit/index.ts'
import { undecidedIds } from '#postgres/statements/intent-siblings.ts'
import { findResources } from '#postgres/statements/resource-find.ts'
import type { ImportedRow } from '#postgres/statements/resource-import.ts'
import { type OpenCreates, openCreates } from '#postgres/statements/resource-observe.ts'
import type { LoadedState } from '../plan/load-states.ts'
import { bindUnknown, type Candidate, nameKey } from './bind-named.ts'
import { importRows } from './import-rows.ts'
import { withoutDeleted } from './just-deleted.ts'
import type { CloudReading, SeenResource } from './read-cloud.ts'
import { type ResourceIndex, readRow } from './row-references.ts'
import { type SyncRow, syncRow } from './sync-row.ts'
import type { SyncScope, TableAt } from './sync-scope.ts'

interface Seen {
  readonly reading: Pick<CloudReading, 'startedAt'>
  readonly states: readonly LoadedState[]
  readonly seen: readonly SeenResource[]
  readonly index: ResourceIndex
  /** Keys of what users asked to be left alone. */
  readonly forgotten: ReadonlySet<string>
}

interface Imported {
  readonly rows: readonly SyncRow[]
  readonly notices: readonly string[]
}

export async function importSeen(scope: SyncScope, at: TableAt, seen: Seen): Promise<Imported> {
  const { type, place } = at
  const { db, tenant } = scope
  const unknown = await unknownAmong(scope, at, seen)
  if (unknown.length === 0) return { rows: [], notices: [] }
  const held = heldBack(type, await openCreates(db, tenant, { table: type.name, ...place }))
  if (held) return { rows: [], notices: [held] }
  const { news, notices } = await withoutUndecided(scope, at, unknown)
  const { candidates, leftOut } = candidatesIn(at, seen.index, await withoutRecorded(scope, at, news))
  const { unbound, kept } = await bindUnknown(scope, at, seen.states, candidates)
  const imported = await importRows(db, tenant, type, place, unbound)
  const rowOf = new Map(unbound.map((one) => [canonicalJson(one.cloudId), one.row]))
  return {
    rows: imported.made.map((made) =>
      syncRow('create', type, {
        cloudId: made.cloud_id,
        rowId: made.row_id,
        row: rowOf.get(canonicalJson(made.cloud_id)) ?? {},
        nameOf: seen.index.nameOf,
      }),
    ),
    notices: [...notices, ...leftOut, ...kept, ...imported.notices, ...externalNotice(type, unbound)],
  }
}

/** What is new there may be what one of our own calls has made. */
function heldBack({ name }: ResourceType, { isMaking, unanswered }: OpenCreates): string | undefined {
  if (isMaking) return `${name}: an apply is making some right now; sync again afterwards.`
  if (unanswered.length === 0) return undefined
  return `${name}: it is not known yet what became of the create of row ${unanswered.join(', ')}, so nothing new is taken; apply, or sync again in some minutes.`
}

async function unknownAmong(scope: SyncScope, at: TableAt, seen: Seen): Promise<readonly SeenResource[]> {
  const known = new Set(seen.states.flatMap(({ cloudId }) => (cloudId ? [canonicalJson(cloudId)] : [])))
  const strange = seen.seen.filter((one) => !known.has(one.key) && !seen.forgotten.has(one.key))
  if (strange.length === 0) return strange
  return await withoutDeleted(scope, at, { startedAt: seen.reading.startedAt, seen: strange })
}

/** A resource may be recorded by an apply that ended while the list was read. */
async function withoutRecorded(
  { db, tenant }: SyncScope,
  at: TableAt,
  news: readonly SeenResource[],
): Promise<readonly SeenResource[]> {
  const recorded = await findResources(
    db,
    tenant,
    news.map((one) => ({ table_name: at.type.name, cloud_id: one.cloudId })),
  )
  const here = new Set(
    recorded.filter((record) => isHere(record, at)).map(({ cloud_id: id }) => canonicalJson(id)),
  )
  return news.filter(({ key }) => !here.has(key))
}

interface Candidates {
  readonly candidates: readonly Candidate[]
  /** Of those whose references no row describes. */
  readonly leftOut: readonly string[]
}

function candidatesIn(at: TableAt, index: ResourceIndex, news: readonly SeenResource[]): Candidates {
  const { type, place } = at
  const candidates: Candidate[] = []
  const leftOut: string[] = []
  for (const one of news) {
    const { row, dangling } = readRow(type, one.row, index, place)
    const parent = one.parent && index.find(one.parent, place)
    if (dangling.length > 0 || (one.parent && !parent)) {
      leftOut.push(
        `${type.name} ${describeCloudId(one.cloudId)} is left out: ${dangling.join(', ') || 'its parent'} is not among the rows.`,
      )
      continue
    }
    candidates.push({
      cloudId: one.cloudId,
      row,
      naturalName: shownName(type, row, one.cloudId, index.nameOf),
      companionOf: parent?.resource_id ?? null,
      ...(one.isExternal ? { external: { isListed: true } } : {}),
      nameKey: nameKey(at, row),
    })
  }
  return { candidates, leftOut }
}

/** What may be what a create without an answer has made is nobody's before somebody has said whose. */
async function withoutUndecided(
  { db, tenant }: SyncScope,
  { type, place }: TableAt,
  unknown: readonly SeenResource[],
): Promise<{ readonly news: readonly SeenResource[]; readonly notices: readonly string[] }> {
  const undecided = await undecidedIds(db, tenant, { table: type.name, ...place })
  const [waiting, news] = [true, false].map((isWaiting) =>
    unknown.filter(({ cloudId }) => undecided.has(describeCloudId(cloudId)) === isWaiting),
  ) as [SeenResource[], SeenResource[]]
  const notices = waiting.map(
    ({ cloudId }) =>
      `${type.name} ${describeCloudId(cloudId)} is left out: it may have been made for a row that is there; the next apply says which.`,
  )
  return { news, notices }
}

const externalNotice = (type: ResourceType, rows: readonly ImportedRow[]): readonly string[] => {
  const count = rows.filter(({ external }) => external).length
  return count === 0
    ? []
    : [
        `${type.name}: ${count} belong to other accounts; their rows are only read, iasql_external lists them.`,
      ]
}

const isHere = (
  record: { readonly account_id: string | null; readonly region: string | null },
  { place }: TableAt,
): boolean => record.account_id === place.accountId && record.region === place.region
