/** What a sync of one kind at one place leaves alone because somebody asked for that. */
import { canonicalJson } from '#engine/columns/canonical-json.ts'
import { dropForgotten, readForgotten } from '#postgres/statements/forgotten.ts'
import type { LoadedState } from '../plan/load-states.ts'
import type { CloudReading } from '../sync/read-cloud.ts'
import type { SyncScope, TableAt } from '../sync/sync-scope.ts'

/** Keys of cloud ids. What is gone in the cloud, or ours again, need not be remembered any more. */
export async function forgottenOf(
  { db, tenant }: SyncScope,
  { type, place }: TableAt,
  reading: CloudReading,
  states: readonly LoadedState[],
): Promise<ReadonlySet<string>> {
  const ids = await readForgotten(db, tenant, type.name, place)
  if (ids.length === 0) return new Set()
  const ours = new Set(
    states.flatMap(({ cloudId, isExternal }) => (cloudId && !isExternal ? [canonicalJson(cloudId)] : [])),
  )
  const there = new Set(reading.seen.map(({ key }) => key))
  const unlisted = ids.filter((id) => !there.has(canonicalJson(id)))
  for (const { key } of unlisted.length > 0 ? await reading.get(unlisted) : []) there.add(key)
  const isOver = (key: string): boolean => ours.has(key) || !there.has(key)
  const over = ids.filter((id) => isOver(canonicalJson(id)))
  if (over.length > 0) await dropForgotten(db, tenant, type.name, place, over)
  return new Set(ids.map(canonicalJson).filter((key) => !isOver(key)))
}
