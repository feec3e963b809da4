/**
 * The statements that make a history again, each a transaction of its own: what one transaction of the database did in any
 * order comes in an order in which every statement holds by itself.
 */
import type { Row } from '#engine/model/json.ts'
import type { TableLookup } from '#engine/plan/resource.ts'
import type { AuditedChange } from './audited-change.ts'
import { type KnownRows, knownRows } from './known-rows.ts'
import { newStory } from './story.ts'
import { tellChanges } from './tell-changes.ts'
import { transactionOrder } from './transaction-order.ts'

export interface HistoryInput {
  readonly lookup: TableLookup
  /** In the order of their ids: all that happened from the first of them that is told until `current`. */
  readonly changes: readonly AuditedChange[]
  /** Rows as they are after the last change: of each table all, or at least those that the changes are about or refer to. */
  readonly current: ReadonlyMap<string, readonly Row[]>
  /** What digests in content columns stand for, as a statement gives it. Absent: nothing is at hand. */
  readonly contents?: ReadonlyMap<string, string>
  /** Keys of rows that a user had inserted or edited before the first of the changes. Absent: none. */
  readonly asked?: ReadonlySet<string>
  /** What of it to tell. Absent: all edits. */
  readonly isTold?: (change: AuditedChange) => boolean
}

/** @example regenerate({ lookup, changes, current }) // ["INSERT INTO queue (name, region) VALUES ('jobs', 'us-east-1');"] */
export function regenerate(input: HistoryInput): readonly string[] {
  const { lookup, changes, current, contents, isTold = () => true, asked = new Set<string>() } = input
  const rows = rowsBefore(changes, current)
  const naming = {
    lookup,
    actual: knownFrom(rows),
    replayed: knownFrom(rows),
    contents: contents ?? new Map(),
  }
  const story = newStory(naming, transactionOrder(lookup, changes), isTold, asked)
  tellChanges(story, changes)
  return story.statements
}

type Rows = ReadonlyMap<string, ReadonlyMap<number, Row>>

/** By taking back one change after the other. */
function rowsBefore(changes: readonly AuditedChange[], current: HistoryInput['current']): Rows {
  const tables = new Map(
    [...current].map(([table, rows]) => [table, new Map(rows.map((row) => [Number(row.id), row]))]),
  )
  for (const { table, rowId, original } of changes.toReversed()) {
    if (rowId === null) continue
    const rows = tables.get(table) ?? new Map<number, Row>()
    tables.set(table, rows)
    if (original) rows.set(rowId, original)
    else rows.delete(rowId)
  }
  return tables
}

function knownFrom(tables: Rows): KnownRows {
  const known = knownRows()
  for (const [table, rows] of tables) {
    for (const [id, row] of [...rows].sort(([a], [b]) => a - b)) known.put(table, id, row)
  }
  return known
}
