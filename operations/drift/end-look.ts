/** What is left to do when a sync has read everything: tell what drifted, and after a check note the place and ask who did it. */
import type { RowPlace } from '#engine/plan/resource.ts'
import { noteChecked } from '#postgres/statements/drift-place.ts'
import { hasRowsAt } from '#postgres/statements/drift-standing.ts'
import { publishNews } from '../news/publish-news.ts'
import type { DriftCheck } from '../sync/sync-arguments.ts'
import type { SyncMemory } from '../sync/sync-memory.ts'
import type { SyncWork } from '../sync/sync-places.ts'
import { attributeDrift } from './attribute-drift.ts'

export async function endLook(work: SyncWork, memory: SyncMemory): Promise<void> {
  const { context, check } = work
  await publishFound(work, memory)
  if (!check) return
  const place: RowPlace = { accountId: check.accountId, region: check.region }
  const { ports, tenant } = context
  await noteChecked(ports.platform, {
    tenantId: tenant.id,
    placeId: Number(check.placeId),
    isEmpty: await isEmpty(work, memory, check),
    now: ports.clock.now(),
  })
  await attributeDrift(context, place)
}

/** What somebody's own sync took over is in its result. */
async function publishFound({ context, check }: SyncWork, { drifted }: SyncMemory): Promise<void> {
  const tables = Object.entries(drifted).flatMap(([table, { kept, taken }]) => {
    const told = { table, rows: kept, taken: check ? taken : 0 }
    return told.rows + told.taken > 0 ? [told] : []
  })
  if (tables.length === 0) return
  const detail = { executionId: String(context.execution.execution_id), tables }
  await publishNews(context.ports, context.tenant, { kind: 'drift found', detail })
}

/** No list showed anything, and no row is known there. */
async function isEmpty(
  { context: { ports, tenant }, types }: SyncWork,
  { failures, listed }: SyncMemory,
  { accountId, region }: DriftCheck,
): Promise<boolean> {
  if (failures.length > 0 || listed > 0) return false
  const made = types.filter(({ access }) => access !== 'read').map(({ name }) => name)
  return !(await hasRowsAt(ports.platform, tenant, { accountId, region }, made))
}
