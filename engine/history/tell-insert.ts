/** A row that came: told when somebody inserted it; what it refers to and is not there yet is set later. */
import type { Row } from '#engine/model/json.ts'
import { resourceKey } from '#engine/plan/resource.ts'
import type { AuditedChange } from './audited-change.ts'
import { insertText, updateText } from './statement-text.ts'
import {
  columnTargets,
  isThere,
  named,
  type RowOfTable,
  type Story,
  say,
  type WaitingColumn,
} from './story.ts'
import { toldColumns } from './told-columns.ts'
import type { Target } from './value-text.ts'

export function tellInsert(story: Story, change: AuditedChange, of: RowOfTable, row: Row): void {
  const { table, id } = of
  const { actual, replayed } = story.naming
  const key = resourceKey(table.name, id)
  const isEdit = change.origin === 'user' || (change.origin === 'outcome' && story.gone.has(key))
  actual.put(table.name, id, row)
  if (!isEdit) {
    // What the cloud had already is there wherever the statements are run, or is not needed.
    if (change.origin === 'made') story.unmade.add(key)
    replayed.put(table.name, id, row)
    return
  }
  const late = toldColumns(table).filter((column) =>
    columnTargets(table, column, row).some((target) => isLate(story, change, target)),
  )
  const now = { ...row, ...Object.fromEntries(late.map((column) => [column, null])) }
  say(story, change, { text: insertText(story.naming, table, now), about: named(story, of, now) })
  replayed.put(table.name, id, now)
  for (const column of late) fill(story, change, { table, id, column, value: row[column] ?? null })
  const ready = story.waiting.get(key) ?? []
  story.waiting.delete(key)
  for (const one of ready) fill(story, change, one)
}

/** The row itself, or one of the same transaction that needs this one first. */
const isLate = (story: Story, change: AuditedChange, target: Target): boolean =>
  !isThere(story, target) &&
  ((target.table === change.table && target.id === change.rowId) ||
    story.order.insertOf(change.xid, target) !== undefined)

/** Sets the column as soon as all rows that it refers to are there. */
function fill(story: Story, change: AuditedChange, one: WaitingColumn): void {
  const { table, id, column, value } = one
  const from = story.naming.replayed.get(table.name, id)
  if (!from) return
  const to = { ...from, [column]: value }
  const missing = columnTargets(table, column, to).find((target) => isLate(story, change, target))
  if (missing) {
    const key = resourceKey(missing.table, missing.id)
    story.waiting.set(key, [...(story.waiting.get(key) ?? []), one])
    return
  }
  say(story, change, {
    text: updateText(story.naming, table, { id, from, to }),
    about: named(story, one, from, to),
  })
  story.naming.replayed.put(table.name, id, to)
}
