/** A row that changed: told as far as somebody changed what is the user's. */
import { isSame } from '#engine/columns/canonical-json.ts'
import type { Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { resourceKey } from '#engine/plan/resource.ts'
import type { AuditedChange } from './audited-change.ts'
import { defaultText, withoutDefault } from './default-text.ts'
import { releaseNamesakes } from './held-deletes.ts'
import { fill, fillWaiting, lateColumns, stopWaiting } from './late-columns.ts'
import { updateText } from './statement-text.ts'
import { named, type RowOfTable, type Story, say } from './story.ts'
import { differing, secretColumns, toldColumns } from './told-columns.ts'

export function tellUpdate(
  story: Story,
  change: AuditedChange,
  of: RowOfTable,
  { from, to }: { readonly from: Row; readonly to: Row },
): void {
  const { table, id } = of
  const { actual, replayed } = story.naming
  const changed = differing([...toldColumns(table), ...secretColumns(table)], from, to).filter(
    (column) => change.origin !== 'outcome' || from[column] != null || isRestored(story, of, column, to),
  )
  noteCleared(story, of, { from, to })
  const before = replayed.get(table.name, id)
  if (before && change.origin !== 'along') {
    const late = lateColumns(story, change, of, { columns: changed, row: to })
    stopWaiting(story, of, changed)
    const start = { ...before, ...only(from, changed) }
    const after = { ...before, ...only(to, changed), ...meanwhile(table, from, late) }
    if (!story.order.isCascade(change)) {
      if (change.origin === 'user' && changed.length > 0) story.asked.add(resourceKey(table.name, id))
      releaseNamesakes(story, change, of, { before, row: after })
      const flagged = { from: start, to: after }
      say(story, change, { text: defaultText(table, flagged), about: [] })
      say(story, change, {
        text: updateText(story.naming, table, { id, ...withoutDefault(table, flagged) }),
        about: named(story, of, before, after),
      })
    }
    replayed.put(table.name, id, after)
    for (const column of late) fill(story, change, { table, id, column, value: to[column] ?? null })
  }
  actual.put(table.name, id, to)
  fillWaiting(story, change, of)
}

const cellOf = ({ table, id }: RowOfTable, column: string): string =>
  `${resourceKey(table.name, id)} ${column}`

/** Of what nobody gave a value the cloud gives one wherever it is applied; what was cleared has its own again. */
const isRestored = ({ cleared }: Story, of: RowOfTable, column: string, to: Row): boolean => {
  const cell = cellOf(of, column)
  return cleared.has(cell) && isSame(cleared.get(cell), to[column])
}

function noteCleared(
  { cleared }: Story,
  of: RowOfTable,
  { from, to }: { readonly from: Row; readonly to: Row },
): void {
  for (const column of differing(toldColumns(of.table), from, to)) {
    const value = from[column] ?? null
    if (value === null) cleared.delete(cellOf(of, column))
    else if (to[column] == null) cleared.set(cellOf(of, column), value)
  }
}

const only = (row: Row, columns: readonly string[]): Row =>
  Object.fromEntries(columns.map((column) => [column, row[column] ?? null]))

/** Nothing refers any more to what may go before the new target comes. */
const meanwhile = (table: TableSpec, from: Row, late: readonly string[]): Row =>
  Object.fromEntries(
    late.map((column) => [column, table.columns[column]?.required ? (from[column] ?? null) : null]),
  )
