/** One kind of resource at one place: what the cloud has against what the rows say, merged in sets. */
import type { CloudReference } from '#engine/model/cloud.ts'
import { unqualified } from '#engine/plan/resource.ts'
import { forgottenOf } from '../external/forgotten-of.ts'
import { holdReferences } from '../external/hold-references.ts'
import { noteOwners } from '../external/note-owners.ts'
import { type LoadedState, loadStates } from '../plan/load-states.ts'
import { type Absence, proveAbsent } from './absence.ts'
import { tellConflicts } from './conflicts.ts'
import { importSeen } from './import-seen.ts'
import { type Merged, type Merging, mergeKnown, noneMerged } from './merge-known.ts'
import type { CloudReading, SeenResource } from './read-cloud.ts'
import { indexReferences, referencesIn } from './row-references.ts'
import type { SyncRow } from './sync-row.ts'
import type { SyncScope, TableAt } from './sync-scope.ts'
import { unreadNotices } from './unread.ts'

export interface TableSync {
  readonly rows: readonly SyncRow[]
  readonly notices: readonly string[]
  /** Rows that stay otherwise than the cloud, where that is news. */
  readonly found: number
  /** What is gone in the cloud. */
  readonly absence: Absence
}

export async function syncTable(scope: SyncScope, at: TableAt, reading: CloudReading): Promise<TableSync> {
  const { type } = at
  const states = await statesAt(scope, at)
  const seen = new Map(reading.seen.map((one) => [one.key, one]))
  const absent = await proveAbsent(scope, at, { reading, states, seen })
  const all = [...seen.values()]
  const forgotten = await forgottenOf(scope, at, reading)
  const held = await holdReferences(scope, at, { reading, states, forgotten, seen: all })
  const { index } = held
  // What was read for a sync that has failed elsewhere, or is lost, is not written.
  scope.signal.throwIfAborted()
  const merged = await mergeKnown(scope, at, { reading, states, seen, index })
  scope.signal.throwIfAborted()
  const imported = scope.isLooking
    ? { rows: [], notices: [] }
    : await importSeen(scope, at, { reading, states, seen: all, index, forgotten })
  const linked =
    imported.rows.length > 0 ? await linkImported(scope, at, { reading, seen: all, index }) : noneMerged
  const conflicts = [...new Set([...merged.conflicts, ...linked.conflicts])]
  await noteOwners(scope, { reading, states, forgotten, seen: all })
  const told = new Set([...imported.rows, ...merged.rows].map(({ id }) => id))
  return {
    rows: [...imported.rows, ...merged.rows, ...linked.rows.filter(({ id }) => !told.has(id))],
    notices: [
      ...unreadNotices(type, reading.unread),
      ...held.notices,
      ...imported.notices,
      ...tellConflicts(at, conflicts),
      ...merged.notices,
    ],
    found: merged.found + linked.found,
    absence: { at, reading, states, absent },
  }
}

/** A row that is to move stands where its resource is, until an apply has moved that. */
const statesAt = async (
  { db, tenant }: SyncScope,
  { type, place }: TableAt,
): Promise<readonly LoadedState[]> => {
  const loaded = await loadStates(db, tenant, type, { kind: 'place', ...place })
  return loaded.filter(
    ({ resourceId, cloudPlace }) =>
      resourceId === null ||
      (cloudPlace?.accountId === place.accountId && cloudPlace.region === place.region),
  )
}

/** References within the table to rows that were only just imported, of new rows and of known ones. */
async function linkImported(
  scope: SyncScope,
  at: TableAt,
  read: Pick<Merging, 'reading' | 'index'> & { readonly seen: readonly SeenResource[] },
): Promise<Merged> {
  const { db, tenant } = scope
  const { type, place } = at
  const isLoose = (reference: CloudReference): boolean =>
    unqualified(reference.$ref) === type.name && !read.index.find(reference, place)
  const loose = read.seen.filter(({ row }) => referencesIn(row).some(isLoose))
  if (loose.length === 0) return noneMerged
  const index = await indexReferences(
    db,
    tenant,
    loose.flatMap(({ row, parent }) => [...referencesIn(row), ...(parent ? [parent] : [])]),
  )
  const states = await statesAt(scope, at)
  const seen = new Map(loose.map((one) => [one.key, one]))
  return await mergeKnown(scope, at, { reading: read.reading, states, seen, index })
}
