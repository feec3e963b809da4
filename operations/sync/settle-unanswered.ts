/** Before a sync reads: what became of creates that nobody answered, as far as that can be told. Until then nothing of their kind is taken. */
import { resourceKey } from '#engine/plan/resource.ts'
import { loadOpenIntents } from '#postgres/statements/intent-open.ts'
import { settleIntents } from '../apply/settle-intents.ts'
import type { ExecutionContext } from '../execution/execution-context.ts'
import type { InstalledTables } from '../install/installed-tables.ts'
import { holdingLease } from '../plan/holding-lease.ts'

export async function settleUnanswered(
  { ports, tenant, progress, lost, cancelled }: ExecutionContext,
  tables: InstalledTables,
): Promise<void> {
  const open = await loadOpenIntents(ports.platform, tenant)
  if (open.length === 0) return
  // A repeated call tells for certain what a search can only guess: such are left to the next apply.
  const telling = open.filter(({ table_name: table }) => isLookedUp(tables, table))
  const pressing = new Set(telling.map((intent) => resourceKey(intent.table_name, intent.row_id)))
  const signal = AbortSignal.any([lost, cancelled])
  const notice = (message: string): void => progress.notice(message)
  // No apply plans meanwhile on what is being found out.
  await holdingLease(ports, tenant, signal, async (lease) => {
    const scope = { ports, tenant, tables, notice, signal: AbortSignal.any([signal, lease.lost]) }
    await settleIntents(scope, pressing)
  })
}

const isLookedUp = (tables: InstalledTables, table: string): boolean =>
  tables.lookup.has(table) && !tables.type(table).mapper?.unmarked
