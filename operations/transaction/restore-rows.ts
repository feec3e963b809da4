/** Writes rows as they were; what refers to what is looked at when all are written. */
import { listExpressions } from '#engine/expression/expression.ts'
import type { Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { resourceKey } from '#engine/plan/resource.ts'
import { userColumns } from '#engine/transaction/net-edit.ts'
import type { Queryable } from '#postgres/database.ts'
import { rowReferrers } from '#postgres/statements/row-referrers.ts'
import { insertRows, type RestoredRow, removeRows, updateRows } from '#postgres/statements/rows-restore.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { InstalledTables } from '../install/installed-tables.ts'
import { giveNamesBack } from './give-names-back.ts'
import type { Weighed } from './weigh-edits.ts'

/** How many rows were written. */
export async function restoreRows(
  transaction: Queryable,
  tenant: Tenant,
  weighed: readonly Weighed[],
  /** Of a row that comes back: outputs only where the cloud has kept it. */
  columnsOf: (type: TableSpec, key: string) => readonly string[] = userColumns,
): Promise<number> {
  let written = 0
  const byTable = [...Map.groupBy(weighed, ({ net }) => net.table)]
  for (const [table, rows] of byTable) {
    written += await removeRows(transaction, tenant, table, idsToDelete(rows))
  }
  const inserts = inTurn(
    weighed.flatMap(({ net, type, restoration }) =>
      restoration.kind === 'insert'
        ? [{ ...net, values: only(restoration.values, columnsOf(type, net.key)) }]
        : [],
    ),
  )
  const coming = new Set(inserts.flat().map(({ key }) => key))
  const update = async (isNow: (row: RestoredRow) => boolean): Promise<void> => {
    for (const [table, rows] of byTable) {
      const updates = rows.flatMap(({ net, restoration }) =>
        restoration.kind === 'update' ? [{ rowId: net.rowId, values: restoration.values }] : [],
      )
      const isNamed = ({ values }: RestoredRow): boolean => naturalKeys(rows).some((name) => name in values)
      const due = updates.filter(isNow)
      written += await updateRows(
        transaction,
        tenant,
        table,
        due.filter((row) => !isNamed(row)),
      )
      const type = rows[0]?.type
      if (type) written += await giveNamesBack(transaction, { tenant, type, rows: due.filter(isNamed) })
    }
  }
  const isLater = ({ values }: RestoredRow): boolean => expressedIn(values).some((key) => coming.has(key))
  await update((row) => !isLater(row))
  for (const [table, rows] of inserts.flatMap((turn) => [...Map.groupBy(turn, (row) => row.table)])) {
    for (const alike of alikeOf(rows)) await insertRows(transaction, tenant, table, alike)
    written += rows.length
  }
  await update(isLater)
  return written
}

/** Keys of the rows that expressions among the values name: their row has to be there at the statement. */
const expressedIn = (values: Row): readonly string[] =>
  listExpressions(values).map(({ table, id }) => resourceKey(table, id))

/** What expressions name goes before the rows that hold them; a circle goes at once. */
function inTurn<Item extends RestoredRow & { readonly key: string }>(
  rows: readonly Item[],
): readonly (readonly Item[])[] {
  const turns: Item[][] = []
  let left = rows
  while (left.length > 0) {
    const waiting = new Set(left.map(({ key }) => key))
    const free = left.filter(
      (row) => !expressedIn(row.values).some((key) => key !== row.key && waiting.has(key)),
    )
    const turn = free.length > 0 ? free : left
    turns.push([...turn])
    const taken = new Set(turn)
    left = left.filter((row) => !taken.has(row))
  }
  return turns
}

const naturalKeys = ([first]: readonly Weighed[]): readonly string[] =>
  first?.type.uniqueKey ? first.type.naturalKey : []

export const only = (row: Row, names: readonly string[]): Row =>
  Object.fromEntries(names.map((name) => [name, row[name] ?? null]))

const alikeOf = (rows: readonly RestoredRow[]): readonly (readonly RestoredRow[])[] => [
  ...Map.groupBy(rows, ({ values }) => Object.keys(values).join()).values(),
]

export const rowsGoing = (weighed: readonly Weighed[]) =>
  weighed.flatMap(({ net, restoration }) =>
    restoration.kind === 'delete' ? [{ table_name: net.table, row_id: net.rowId }] : [],
  )

const idsToDelete = (rows: readonly Weighed[]): readonly number[] =>
  rows.flatMap(({ net, restoration }) => (restoration.kind === 'delete' ? [net.rowId] : []))

/** `rulebook 4 refers to network main`: rows that stay and refer to one that is to go; `along` go with it. */
export async function referrersOf(
  db: Queryable,
  tenant: Tenant,
  tables: InstalledTables,
  weighed: readonly Weighed[],
  along: ReadonlySet<string> = new Set(),
): Promise<ReadonlyMap<string, string>> {
  const written = new Map(weighed.map((one) => [one.net.key, one]))
  const found = new Map<string, string>()
  for (const [table, rows] of Map.groupBy(weighed, ({ net }) => net.table)) {
    const ids = idsToDelete(rows)
    if (ids.length === 0) continue
    const type = tables.type(table)
    for (const referrer of await rowReferrers(db, tenant, { type, installed: tables.types, ids })) {
      const { table_name: other, row_id: rowId, target_id: targetId } = referrer
      const kind = written.get(`${other}/${rowId}`)?.restoration.kind
      if (kind === 'delete' || kind === 'update' || along.has(resourceKey(other, rowId))) continue
      const title = written.get(`${table}/${targetId}`)?.title ?? `${table} ${targetId}`
      found.set(`${table}/${targetId}`, `${other} ${rowId} refers to ${title}`)
    }
  }
  return found
}
