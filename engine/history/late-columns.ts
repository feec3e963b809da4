/** References to rows that the same transaction makes later: set as soon as those are there. */
import { isSame } from '#engine/columns/canonical-json.ts'
import { placeColumns } from '#engine/ddl/sql-text.ts'
import type { Row } from '#engine/model/json.ts'
import { resourceKey } from '#engine/plan/resource.ts'
import type { AuditedChange } from './audited-change.ts'
import { updateText } from './statement-text.ts'
import { isThere, named, type RowOfTable, type Story, say, type WaitingColumn } from './story.ts'
import type { Target } from './value-text.ts'

/** Of these columns those that have to wait. */
export const lateColumns = (
  story: Story,
  change: AuditedChange,
  { table }: Pick<RowOfTable, 'table'>,
  { columns, row }: { readonly columns: readonly string[]; readonly row: Row },
): readonly string[] =>
  columns.filter((column) =>
    story.order
      .targetsOf(change.xid, { table, column, row, moment: 'after' })
      .some((target) => isLate(story, change, target)),
  )

/** The row itself, or one of the same transaction that needs this one first. */
const isLate = (story: Story, change: AuditedChange, target: Target): boolean =>
  !isThere(story, target) &&
  ((target.table === change.table && target.id === change.rowId) ||
    story.order.makerOf(change.xid, target) !== undefined)

/** Sets the column as soon as all rows that it refers to are there. */
export function fill(story: Story, change: AuditedChange, one: WaitingColumn): void {
  const { table, id, column, value } = one
  const from = story.naming.replayed.get(table.name, id)
  if (!from) return
  const to = { ...from, [column]: value }
  const missing = story.order
    .targetsOf(change.xid, { table, column, row: to, moment: 'after' })
    .find((target) => isLate(story, change, target))
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

/** The row is there: what waited for it is set. */
export function fillWaiting(story: Story, change: AuditedChange, { table, id }: RowOfTable): void {
  const key = resourceKey(table.name, id)
  const ready = story.waiting.get(key) ?? []
  story.waiting.delete(key)
  for (const one of ready) fill(story, change, one)
}

/** They got another value meanwhile. */
export function stopWaiting(story: Story, { table, id }: RowOfTable, columns: readonly string[]): void {
  for (const [key, waiting] of story.waiting) {
    const left = waiting.filter(
      (one) => one.table.name !== table.name || one.id !== id || !columns.includes(one.column),
    )
    if (left.length < waiting.length) story.waiting.set(key, left)
  }
}

/** Whether another row still has the natural key that the change gives to its row. */
export function isKeyTaken({ naming }: Story, { table, rowId, original, change }: AuditedChange): boolean {
  const spec = naming.lookup.get(table)
  if (!spec?.uniqueKey || !change) return false
  const key = [...spec.naturalKey, ...placeColumns(spec)]
  if (original && key.every((column) => isSame(original[column] ?? null, change[column] ?? null)))
    return false
  const areNullsAlike = spec.nullsAlike === true
  if (!areNullsAlike && spec.naturalKey.some((column) => (change[column] ?? null) === null)) return false
  return naming.replayed.alike(table, key, change).some((id) => id !== rowId)
}
