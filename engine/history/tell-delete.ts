/** A row that went: told unless it went with another one, or was none of the user's. */
import { resourceKey } from '#engine/plan/resource.ts'
import type { AuditedChange } from './audited-change.ts'
import { hold, isUnasked, releaseReferrers } from './held-deletes.ts'
import { deleteText, updateText } from './statement-text.ts'
import { named, type RowOfTable, type Story, say } from './story.ts'
import { toldColumns } from './told-columns.ts'

export function tellDelete(story: Story, change: AuditedChange, of: RowOfTable): void {
  const { table, id } = of
  const { actual, replayed } = story.naming
  const isHeld = change.origin !== 'along' && isUnasked(story, change, of)
  if (isHeld) hold(story, change, of)
  else if (change.origin !== 'along') {
    releaseReferrers(story, change, of)
    for (const referrer of story.order.leaving(change)) {
      if (!story.done.has(referrer.id)) loosen(story, change, referrer)
    }
    say(story, change, {
      text: table.access === 'full' ? deleteText(story.naming, table, id) : undefined,
      about: named(story, of, replayed.get(table.name, id)),
    })
  }
  if (!isHeld) story.gone.add(resourceKey(table.name, id))
  actual.remove(table.name, id)
  replayed.remove(table.name, id)
}

/** Two rows that refer to each other and go together: one lets go of the other first. */
function loosen(story: Story, change: AuditedChange, referrer: AuditedChange): void {
  const { lookup, replayed } = story.naming
  const table = lookup.get(referrer.table)
  const id = referrer.rowId ?? 0
  const from = replayed.get(referrer.table, id)
  if (!table || !from || (referrer.table === change.table && id === change.rowId)) return
  const held = toldColumns(table).filter((column) =>
    story.order
      .targetsOf(change.xid, { table, column, row: from, moment: 'before' })
      .some((target) => target.table === change.table && target.id === change.rowId),
  )
  const to = { ...from, ...Object.fromEntries(held.map((column) => [column, null])) }
  say(story, change, {
    text: updateText(story.naming, table, { id, from, to }),
    about: named(story, { table, id }, from),
  })
  replayed.put(referrer.table, id, to)
}
