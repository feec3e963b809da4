/** Whose the rows of one place are, as its latest reading tells: ours, or only to be read. */
import { canonicalJson } from '#engine/columns/canonical-json.ts'
import { type Ownership, storeOwnership } from '#postgres/statements/resource-external.ts'
import type { SyncScope } from '../sync/sync-scope.ts'
import type { SeenAt } from './hold-references.ts'

export async function noteOwners(
  { db, tenant }: SyncScope,
  { reading, states, seen, forgotten }: SeenAt,
): Promise<void> {
  const byKey = new Map(seen.map((one) => [one.key, one]))
  const listed = new Set(reading.seen.map(({ key }) => key))
  const known = states.flatMap((state): readonly Ownership[] => {
    const key = state.cloudId && canonicalJson(state.cloudId)
    const one = key ? byKey.get(key) : undefined
    if (!key || !one || state.resourceId === null || !(state.isExternal || one.isExternal)) return []
    const isListed = listed.has(key) && !forgotten.has(key)
    // A list that lags would make our own look like another's: only what was external stays so unlisted.
    return [{ resource_id: state.resourceId, external: one.isExternal || !isListed, listed: isListed }]
  })
  if (known.length > 0) await storeOwnership(db, tenant, known)
}
