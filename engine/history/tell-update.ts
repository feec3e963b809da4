/** A row that changed: told as far as somebody changed what is the user's. */
import type { Row } from '#engine/model/json.ts'
import type { AuditedChange } from './audited-change.ts'
import { defaultText, withoutDefault } from './default-text.ts'
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
    // Of what nobody gave a value the cloud gives one wherever it is applied.
    (column) => change.origin !== 'outcome' || from[column] != null,
  )
  const before = replayed.get(table.name, id)
  if (before && change.origin !== 'along') {
    const start = { ...before, ...only(from, changed) }
    const after = { ...before, ...only(to, changed) }
    if (!story.order.isCascade(change)) {
      const flagged = { from: start, to: after }
      say(story, change, { text: defaultText(table, flagged), about: [] })
      say(story, change, {
        text: updateText(story.naming, table, { id, ...withoutDefault(table, flagged) }),
        about: named(story, of, before, after),
      })
    }
    replayed.put(table.name, id, after)
  }
  actual.put(table.name, id, to)
}

const only = (row: Row, columns: readonly string[]): Row =>
  Object.fromEntries(columns.map((column) => [column, row[column] ?? null]))
