/** A row that came: told when somebody inserted it; what it refers to and is not there yet is set later. */
import type { Row } from '#engine/model/json.ts'
import { resourceKey } from '#engine/plan/resource.ts'
import type { AuditedChange } from './audited-change.ts'
import { dropNamesakes, isAskedAlong, releaseNamesakes } from './held-deletes.ts'
import { fill, fillWaiting, lateColumns } from './late-columns.ts'
import { insertText } from './statement-text.ts'
import { named, type RowOfTable, type Story, say } from './story.ts'
import { toldColumns } from './told-columns.ts'

export function tellInsert(story: Story, change: AuditedChange, of: RowOfTable, row: Row): void {
  const { table, id } = of
  const { actual, replayed } = story.naming
  const key = resourceKey(table.name, id)
  const isEdit = change.origin === 'user' || (change.origin === 'outcome' && story.gone.has(key))
  actual.put(table.name, id, row)
  if (!isEdit) {
    // What the cloud had already is there wherever the statements are run, or is not needed.
    if (change.origin === 'made') story.unmade.add(key)
    if (change.origin === 'made' || (change.origin === 'along' && isAskedAlong(story, of, row)))
      story.asked.add(key)
    dropNamesakes(story, of, row)
    replayed.put(table.name, id, row)
    fillWaiting(story, change, of)
    return
  }
  story.asked.add(key)
  releaseNamesakes(story, change, of, { row })
  const late = lateColumns(story, change, of, { columns: toldColumns(table), row })
  const now = { ...row, ...Object.fromEntries(late.map((column) => [column, null])) }
  say(story, change, { text: insertText(story.naming, table, now), about: named(story, of, now) })
  replayed.put(table.name, id, now)
  for (const column of late) fill(story, change, { table, id, column, value: row[column] ?? null })
  fillWaiting(story, change, of)
}
