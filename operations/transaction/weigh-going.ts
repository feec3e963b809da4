/** Rows that no edit was about, and that go because others do. */
import { resourceKey } from '#engine/plan/resource.ts'
import { lockRows } from '#postgres/statements/rows-restore.ts'
import { nameRows } from '../plan/row-names.ts'
import type { Scales, Weighed } from './weigh-edits.ts'

const unnamed = { name: '', title: '' }

/** Without those that are weighed already, or gone. */
export async function weighGoing(
  { transaction, platform, tenant, tables }: Pick<Scales, 'transaction' | 'platform' | 'tenant' | 'tables'>,
  weighed: readonly Weighed[],
  rows: readonly { readonly table_name: string; readonly row_id: number }[],
): Promise<readonly Weighed[]> {
  const known = new Set(weighed.map(({ net: { key } }) => key))
  const found: Weighed[] = []
  for (const [table, own] of Map.groupBy(rows, (row) => row.table_name)) {
    const type = tables.type(table)
    const ids = own.map((row) => row.row_id)
    for (const [rowId, current] of await lockRows(transaction, tenant, table, ids)) {
      const key = resourceKey(table, rowId)
      if (known.has(key)) continue
      const net = { key, table, rowId, before: null, after: current }
      found.push({
        net,
        type,
        current,
        restoration: { kind: 'delete' },
        by: [],
        standing: [],
        own: [],
        ...unnamed,
      })
    }
  }
  const nameOf = await nameRows(
    { db: platform, tenant, tables },
    found.map(({ net, current }) => ({ ...net, row: current ?? {} })),
  )
  return found.map((one) => {
    const name = nameOf(one.net.table, one.net.rowId)
    return { ...one, name, title: `${one.net.table} ${name}` }
  })
}
