/** What one transaction of the database did, found by row: its references are checked at its end, so any order was possible. */
import { isSame } from '#engine/columns/canonical-json.ts'
import { placeColumns } from '#engine/ddl/sql-text.ts'
import type { Row } from '#engine/model/json.ts'
import { resourceKey, type TableLookup } from '#engine/plan/resource.ts'
import type { AuditedChange } from './audited-change.ts'
import { differing, toldColumns } from './told-columns.ts'
import { columnOf, type Target, targetsOf } from './value-text.ts'

export interface TransactionOrder {
  /** Changes of the same row that came before. */
  earlierOf(change: AuditedChange): readonly AuditedChange[]
  insertOf(xid: string, target: Target): AuditedChange | undefined
  /** Changes by which rows stop to refer to the row that this one deletes. */
  leaving(change: AuditedChange): readonly AuditedChange[]
  /** Whether it follows by itself from the change of a row that is referred to, which was moved or renamed. */
  isCascade(change: AuditedChange): boolean
}

export function rowTargets(lookup: TableLookup, table: string, row: Row | null): readonly Target[] {
  const spec = lookup.get(table)
  if (!spec || !row) return []
  return toldColumns(spec).flatMap((column) => targetsOf(columnOf(spec, column), row[column] ?? null))
}

interface Transaction {
  readonly ofRow: Map<string, AuditedChange[]>
  readonly leaving: Map<string, AuditedChange[]>
}

const keyOf = ({ table, rowId }: AuditedChange): string => resourceKey(table, rowId ?? 0)

export function transactionOrder(lookup: TableLookup, changes: readonly AuditedChange[]): TransactionOrder {
  const transactions = new Map<string, Transaction>()
  for (const [xid, own] of Map.groupBy(changes, (change) => change.xid)) {
    if (own.length > 1) transactions.set(xid, transactionOf(lookup, own))
  }
  const ofRow = (xid: string, key: string) => transactions.get(xid)?.ofRow.get(key) ?? []
  return {
    earlierOf: (change) => ofRow(change.xid, keyOf(change)).filter(({ id }) => id < change.id),
    insertOf: (xid, { table, id }) =>
      ofRow(xid, resourceKey(table, id)).find(({ original }) => original === null),
    leaving: (change) => transactions.get(change.xid)?.leaving.get(keyOf(change)) ?? [],
    isCascade(change) {
      const spec = lookup.get(change.table)
      const { original: from, change: to } = change
      if (!spec || !from || !to || !transactions.has(change.xid)) return false
      const place = placeColumns(spec)
      const changed = differing(toldColumns(spec), from, to)
      if (changed.length === 0 || !changed.every((column) => place.includes(column))) return false
      return rowTargets(lookup, change.table, from).some(({ table, id }) =>
        ofRow(change.xid, resourceKey(table, id)).some(
          (parent) =>
            parent.original && parent.change && changed.every((column) => isAlsoMoved(parent, column, to)),
        ),
      )
    },
  }
}

const isAlsoMoved = ({ original, change }: AuditedChange, column: string, to: Row): boolean =>
  isSame(change?.[column], to[column]) && !isSame(original?.[column], to[column])

function transactionOf(lookup: TableLookup, changes: readonly AuditedChange[]): Transaction {
  const ofRow = Map.groupBy(changes, keyOf)
  const leaving = new Map<string, AuditedChange[]>()
  for (const change of changes) {
    if (!change.original) continue
    const kept = new Set(
      rowTargets(lookup, change.table, change.change).map(({ table, id }) => resourceKey(table, id)),
    )
    for (const { table, id } of rowTargets(lookup, change.table, change.original)) {
      const key = resourceKey(table, id)
      if (kept.has(key)) continue
      const known = leaving.get(key)
      if (known) known.push(change)
      else leaving.set(key, [change])
    }
  }
  return { ofRow, leaving }
}
