/** What an apply has deleted is no news, though a read that began before, or that lags, still shows it. */
import { canonicalJson } from '#engine/columns/canonical-json.ts'
import { deletedSince } from '#postgres/statements/change-deleted.ts'
import type { CloudReading, SeenResource } from './read-cloud.ts'
import type { SyncScope, TableAt } from './sync-scope.ts'

export async function withoutDeleted(
  { db, tenant, ports }: SyncScope,
  { type, place }: TableAt,
  { startedAt, seen }: Pick<CloudReading, 'startedAt' | 'seen'>,
): Promise<readonly SeenResource[]> {
  const since = new Date(startedAt.getTime() - ports.cloud.settleMs(type.settleMs))
  const ids = seen.map(({ cloudId }) => cloudId)
  const deleted = await deletedSince(db, tenant, { table: type.name, ...place, ids, since })
  const gone = new Set(deleted.map((id) => canonicalJson(id)))
  return gone.size === 0 ? seen : seen.filter(({ key }) => !gone.has(key))
}
