/** What the cloud has and nobody here knows becomes a row; what a user has asked for meanwhile is left for an apply. */

import { canonicalJson } from '#engine/columns/canonical-json.ts'
import { projectionOf } from '#engine/merge/projection.ts'
import { settleRow } from '#engine/merge/settle-row.ts'
import type { Row } from '#engine/model/json.ts'
import { describeCloudId, shownName } from '#engine/plan/natural-name.ts'
import type { ResourceType } from '#modules/kit/index.ts'
import { undecidedIds } from '#postgres/statements/intent-siblings.ts'
import { findResources } from '#postgres/statements/resource-find.ts'
import type { ImportedRow } from '#postgres/statements/resource-import.ts'
import { bindRows, hasOpenCreates } from '#postgres/statements/resource-observe.ts'
import { projectOutputs } from '#postgres/statements/resource-project.ts'
import type { LoadedState } from '../plan/load-states.ts'
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

interface Candidate extends ImportedRow {
  readonly nameKey: string
}

export async function importSeen(scope: SyncScope, at: TableAt, seen: Seen): Promise<Imported> {
  const { type, place } = at
  const { db, tenant } = scope
  const known = new Set(seen.states.flatMap(({ cloudId }) => (cloudId ? [canonicalJson(cloudId)] : [])))
  const strange = seen.seen.filter((one) => !known.has(one.key) && !seen.forgotten.has(one.key))
  const unknown =
    strange.length > 0
      ? await withoutDeleted(scope, at, { startedAt: seen.reading.startedAt, seen: strange })
      : strange
  if (unknown.length === 0) return { rows: [], notices: [] }
  if (await hasOpenCreates(db, tenant, { table: type.name, ...place })) {
    return { rows: [], notices: [`${type.name}: an apply is making some right now; sync again afterwards.`] }
  }
  const { news, notices } = await withoutUndecided(scope, at, unknown)
  // A resource may be recorded at another place, or by an apply that ended while the list was read.
  const recorded = await findResources(
    db,
    tenant,
    news.map((one) => ({ table_name: type.name, cloud_id: one.cloudId })),
  )
  const elsewhere = new Set(recorded.map((record) => canonicalJson(record.cloud_id)))
  const candidates: Candidate[] = []
  for (const one of news) {
    if (elsewhere.has(one.key) && recorded.some((record) => isHere(record, at, one.key))) continue
    const { row, dangling } = readRow(type, one.row, seen.index, place)
    const parent = one.parent && seen.index.find(one.parent, place)
    if (dangling.length > 0 || (one.parent && !parent)) {
      notices.push(
        `${type.name} ${describeCloudId(one.cloudId)} is left out: ${dangling.join(', ') || 'its parent'} is not among the rows.`,
      )
      continue
    }
    candidates.push({
      cloudId: one.cloudId,
      row,
      naturalName: shownName(type, row, one.cloudId, seen.index.nameOf),
      companionOf: parent?.resource_id ?? null,
      ...(one.isExternal ? { external: { isListed: true } } : {}),
      nameKey: nameKey(at, row),
    })
  }
  const unnamed = await bindUnknown(scope, at, seen.states, candidates, notices)
  const imported = await importRows(db, tenant, type, place, unnamed)
  const rowOf = new Map(unnamed.map((one) => [canonicalJson(one.cloudId), one.row]))
  return {
    rows: imported.made.map((made) =>
      syncRow('create', type, {
        cloudId: made.cloud_id,
        rowId: made.row_id,
        row: rowOf.get(canonicalJson(made.cloud_id)) ?? {},
        nameOf: seen.index.nameOf,
      }),
    ),
    notices: [...notices, ...imported.notices, ...externalNotice(type, unnamed)],
  }
}

/** What may be what a create without an answer has made is nobody's before somebody has said whose. */
async function withoutUndecided(
  { db, tenant }: SyncScope,
  { type, place }: TableAt,
  unknown: readonly SeenResource[],
): Promise<{ readonly news: readonly SeenResource[]; readonly notices: string[] }> {
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
  record: { readonly account_id: string | null; readonly region: string | null; readonly cloud_id: object },
  { place }: TableAt,
  key: string,
): boolean =>
  record.account_id === place.accountId &&
  record.region === place.region &&
  canonicalJson({ ...record.cloud_id }) === key

const nameKey = ({ type }: TableAt, row: Row): string =>
  canonicalJson(type.naturalKey.map((column) => row[column] ?? null))

/** Rows without a record that bear the name: bound if they are nobody's edit, else left for the apply to adopt. */
async function bindUnknown(
  { db, tenant }: SyncScope,
  at: TableAt,
  states: readonly LoadedState[],
  candidates: readonly Candidate[],
  notices: string[],
): Promise<readonly Candidate[]> {
  const { type, place } = at
  if (!type.uniqueKey) return candidates
  const unknown = states.filter((state) => state.resourceId === null && state.desired)
  const byName = new Map(unknown.map((state) => [nameKey(at, state.desired ?? {}), state]))
  const bindings = candidates.flatMap((candidate) => {
    const state = byName.get(candidate.nameKey)
    return state && !state.edit ? [{ candidate, state }] : []
  })
  for (const candidate of candidates) {
    if (!byName.get(candidate.nameKey)?.edit) continue
    notices.push(
      `${type.name} ${candidate.naturalName} exists in the cloud and waits here as an edit: the next apply shows it as an adoption.`,
    )
  }
  if (bindings.length > 0) {
    const bound = await bindRows(db, tenant, {
      table: type.name,
      ...place,
      bindings: bindings.map(({ candidate, state }) => {
        const desired = state.desired ?? {}
        const { write } = settleRow(type, { desired, base: {}, observed: candidate.row })
        return {
          row_id: state.rowId,
          natural_name: candidate.naturalName,
          cloud_id: candidate.cloudId,
          base: candidate.row,
          unprojected: projectionOf(write, desired),
        }
      }),
    })
    for (const { candidate, state } of bindings) {
      if (bound.has(state.rowId)) continue
      notices.push(
        `${type.name} ${candidate.naturalName} stays unknown: somebody is changing or has taken away the row that describes it; sync again afterwards.`,
      )
    }
    await projectOutputs(db, tenant, type)
  }
  return candidates.filter((candidate) => !byName.has(candidate.nameKey))
}
