/** The rows that what was read refers to, after those that are not ours have become rows too. */

import { canonicalJson } from '#engine/columns/canonical-json.ts'
import type { CloudReference } from '#engine/model/cloud.ts'
import { unqualified } from '#engine/plan/resource.ts'
import type { LoadedState } from '../plan/load-states.ts'
import type { CloudReading, SeenResource } from '../sync/read-cloud.ts'
import { indexReferences, type ResourceIndex, referencesIn } from '../sync/row-references.ts'
import type { SyncScope, TableAt } from '../sync/sync-scope.ts'
import { takeReferred } from './take-referred.ts'

export interface SeenAt {
  readonly reading: CloudReading
  readonly states: readonly LoadedState[]
  readonly seen: readonly SeenResource[]
  /** Keys of what users asked to be left alone. */
  readonly forgotten: ReadonlySet<string>
}

export async function holdReferences(
  scope: SyncScope,
  { type, place }: TableAt,
  { reading, states, seen, forgotten }: SeenAt,
): Promise<{ readonly index: ResourceIndex; readonly notices: readonly string[] }> {
  const { db, tenant } = scope
  const known = new Set(states.flatMap(({ cloudId }) => (cloudId ? [canonicalJson(cloudId)] : [])))
  // What is left alone leads nowhere.
  const kept = seen.filter(({ key }) => known.has(key) || !forgotten.has(key))
  const references = kept.flatMap(({ row, parent }) => [...referencesIn(row), ...(parent ? [parent] : [])])
  const index = await indexReferences(db, tenant, references)
  const unknown = references.filter((reference) => !index.find(reference, place))
  if (unknown.length === 0 || scope.isLooking) return { index, notices: [] }
  const listed = new Set(reading.seen.map(({ key }) => key).filter((key) => !forgotten.has(key)))
  const isComing = ({ $ref, id }: CloudReference): boolean =>
    unqualified($ref) === type.name && listed.has(canonicalJson(id))
  const { rows, notices } = await takeReferred(scope, { unknown, place, isComing })
  return { index: rows.length > 0 ? await indexReferences(db, tenant, references) : index, notices }
}
