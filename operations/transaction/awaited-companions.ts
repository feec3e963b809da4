/** What went along with a parent and comes back with it: its rows are there before AWS has made it anew, and stand for that then. */
import { resourceKey, unqualified } from '#engine/plan/resource.ts'
import type { Queryable } from '#postgres/database.ts'
import type { AwaitedCompanion } from '#postgres/statements/companion-awaited.ts'
import { wentAlong } from '#postgres/statements/companion-gone.ts'
import { lockRows } from '#postgres/statements/rows-restore.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { Scales, Weighed } from './weigh-edits.ts'

interface Along {
  /** By their keys. */
  readonly awaited: ReadonlyMap<string, AwaitedCompanion>
  /** Whose parent does not come back either. */
  readonly lost: ReadonlySet<string>
}

export async function companionsAlong(
  { transaction, platform, tenant }: Pick<Scales, 'transaction' | 'platform' | 'tenant'>,
  weighed: readonly Weighed[],
): Promise<Along> {
  const coming = weighed.filter(({ restoration: { kind } }) => kind === 'insert')
  const along = await wentAlong(platform, tenant, coming.map(rowOf))
  const standing = new Set(coming.map(({ net }) => net.key))
  const awaited = new Map<string, AwaitedCompanion>()
  const lost = new Set<string>()
  for (const one of coming.filter(({ net }) => along.has(net.key))) {
    const { key } = one.net
    const companion = companionOf(one)
    const parent = companion && resourceKey(companion.parent_table, companion.parent_row)
    if (companion && parent && !standing.has(parent) && (await isThere(transaction, tenant, companion)))
      standing.add(parent)
    if (companion && parent && standing.has(parent)) awaited.set(key, companion)
    else lost.add(key)
  }
  return { awaited, lost }
}

const rowOf = ({ net }: Weighed) => ({ table_name: net.table, row_id: net.rowId })

function companionOf({ net, type }: Weighed): AwaitedCompanion | undefined {
  const row = net.before ?? {}
  const made = type.createdWith.find(({ via }) => (row[via] ?? null) !== null)
  if (!made) return undefined
  const placed = (name: string): string | null => (typeof row[name] === 'string' ? row[name] : null)
  return {
    ...{ table_name: net.table, row_id: net.rowId },
    account_id: placed('account_id'),
    region: placed('region'),
    parent_table: unqualified(made.parent),
    parent_row: Number(row[made.via]),
  }
}

const isThere = async (
  transaction: Queryable,
  tenant: Tenant,
  { parent_table: table, parent_row: rowId }: AwaitedCompanion,
): Promise<boolean> => (await lockRows(transaction, tenant, table, [rowId])).has(rowId)
