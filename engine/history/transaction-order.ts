/** What one transaction of the database did, found by row: its references are checked at its end, so any order was possible. */
import { isSame } from '#engine/columns/canonical-json.ts'
import { placeColumns } from '#engine/ddl/sql-text.ts'
import type { Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { resourceKey, type TableLookup } from '#engine/plan/resource.ts'
import type { AuditedChange } from './audited-change.ts'
import { type NamedRows, namedRows, noNamedRows, type Referring } from './named-rows.ts'
import { differing, toldColumns } from './told-columns.ts'
import { columnOf, type Target, targetsOf } from './value-text.ts'

export interface TransactionOrder {
  /** Changes of the same row that came before. */
  earlierOf(change: AuditedChange): readonly AuditedChange[]
  /** The change that makes the row, or gives it the name that is meant. */
  makerOf(xid: string, target: Target): AuditedChange | undefined
  /** Rows that the column of a row refers to, in the eyes of that transaction. */
  targetsOf(xid: string, referring: Referring): readonly Target[]
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
  readonly named: NamedRows
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
    makerOf: (xid, { table, id, as }) =>
      ofRow(xid, resourceKey(table, id)).find(({ original, change }) =>
        as ? change?.[as.column] === as.value && original?.[as.column] !== as.value : original === null,
      ),
    targetsOf: (xid, referring) => targetsIn(transactions.get(xid)?.named ?? noNamedRows, referring),
    leaving: (change) => transactions.get(change.xid)?.leaving.get(keyOf(change)) ?? [],
    isCascade(change) {
      const spec = lookup.get(change.table)
      const { original: from, change: to } = change
      const transaction = transactions.get(change.xid)
      if (!spec || !from || !to || !transaction) return false
      const changed = differing(toldColumns(spec), from, to)
      return (
        changed.length > 0 && changed.every((column) => isCarried(transaction, spec, column, { from, to }))
      )
    },
  }
}

/** The column says where the row is, or the name of another: it follows the row that is referred to. */
function isCarried(
  { ofRow, named }: Transaction,
  spec: TableSpec,
  column: string,
  { from, to }: { readonly from: Row; readonly to: Row },
): boolean {
  const changesOf = ({ table, id }: Target) => ofRow.get(resourceKey(table, id)) ?? []
  if (placeColumns(spec).includes(column)) {
    const parents = targetsOfRow(named, spec, { row: from, moment: 'before' })
    return parents.flatMap(changesOf).some((parent) => parent.original && isAlsoMoved(parent, column, to))
  }
  const before = named.find({ table: spec, column, row: from, moment: 'before' })
  const after = named.find({ table: spec, column, row: to, moment: 'after' })
  return before !== undefined && before.id === after?.id && before.as?.value !== after.as?.value
}

const targetsIn = (named: NamedRows, referring: Referring): readonly Target[] => {
  const { table, column, row } = referring
  const byName = named.find(referring)
  return byName ? [byName] : targetsOf(columnOf(table, column), row[column] ?? null)
}

const targetsOfRow = (
  named: NamedRows,
  table: TableSpec,
  of: Pick<Referring, 'row' | 'moment'>,
): readonly Target[] => toldColumns(table).flatMap((column) => targetsIn(named, { table, column, ...of }))

const isAlsoMoved = ({ original, change }: AuditedChange, column: string, to: Row): boolean =>
  isSame(change?.[column], to[column]) && !isSame(original?.[column], to[column])

function transactionOf(lookup: TableLookup, changes: readonly AuditedChange[]): Transaction {
  const ofRow = Map.groupBy(changes, keyOf)
  const named = namedRows(lookup, changes)
  const leaving = new Map<string, AuditedChange[]>()
  for (const change of changes) {
    const spec = lookup.get(change.table)
    if (!spec || !change.original) continue
    const now = change.change ? targetsOfRow(named, spec, { row: change.change, moment: 'after' }) : []
    const kept = new Set(now.map(({ table, id }) => resourceKey(table, id)))
    for (const { table, id } of targetsOfRow(named, spec, { row: change.original, moment: 'before' })) {
      const key = resourceKey(table, id)
      if (kept.has(key)) continue
      const known = leaving.get(key)
      if (known) known.push(change)
      else leaving.set(key, [change])
    }
  }
  return { named, ofRow, leaving }
}
