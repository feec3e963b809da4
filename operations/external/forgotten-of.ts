/** What a sync of one kind at one place leaves alone because somebody asked for that. */
import { canonicalJson } from '#engine/columns/canonical-json.ts'
import { dropForgotten, readForgotten } from '#postgres/statements/forgotten.ts'
import type { CloudReading } from '../sync/read-cloud.ts'
import type { SyncScope, TableAt } from '../sync/sync-scope.ts'

/** Keys of cloud ids. What is gone in the cloud need not be remembered any more. */
export async function forgottenOf(
  { db, tenant }: SyncScope,
  at: TableAt,
  reading: CloudReading,
): Promise<ReadonlySet<string>> {
  const ids = await readForgotten(db, tenant, at.type.name, at.place)
  if (ids.length === 0) return new Set()
  const there = new Set(reading.seen.map(({ key }) => key))
  const unlisted = ids.filter((id) => !there.has(canonicalJson(id)))
  for (const { key } of unlisted.length > 0 ? await reading.get(unlisted) : []) there.add(key)
  const lost = ids.filter((id) => !there.has(canonicalJson(id)) && !reading.unread.has(canonicalJson(id)))
  await dropForgotten(db, tenant, at, { ids: lost, before: reading.startedAt })
  // As it is now: what was read before the calls may be ours again since.
  const left = await readForgotten(db, tenant, at.type.name, at.place)
  return new Set(left.map((id) => canonicalJson(id)))
}
