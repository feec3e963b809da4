/** What is told so far of a history, and what has to be known of it to go on. */
import type { Json, Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { resourceKey } from '#engine/plan/resource.ts'
import type { AuditedChange } from './audited-change.ts'
import type { Naming } from './row-text.ts'
import { rowTargets, type TransactionOrder } from './transaction-order.ts'
import type { Target } from './value-text.ts'

/** A column that can be set only when the row that it refers to is there. */
export interface WaitingColumn {
  readonly table: TableSpec
  readonly id: number
  readonly column: string
  readonly value: Json
}

export interface RowOfTable {
  readonly table: TableSpec
  readonly id: number
}

/** The DELETE of a row, left out for now. */
export interface HeldDelete {
  readonly change: AuditedChange
  readonly of: RowOfTable
  readonly row: Row
}

export interface Story {
  readonly naming: Naming
  readonly order: TransactionOrder
  readonly isTold: (change: AuditedChange) => boolean
  readonly statements: string[]
  /** Ids of changes that are told, or left out on purpose. */
  readonly done: Set<number>
  /** Keys of rows that were there and went. */
  readonly gone: Set<string>
  /** Keys of rows that came or were changed because a user said so. */
  readonly asked: Set<string>
  /** By the key of the row that went. */
  readonly held: Map<string, HeldDelete>
  /** Keys of rows that are there only once what was told so far has been applied. */
  readonly unmade: Set<string>
  /** What columns held before somebody cleared them, by the key of the row and the column. */
  readonly cleared: Map<string, Json>
  /** By the key of the row that they wait for. */
  readonly waiting: Map<string, WaitingColumn[]>
}

export const newStory = (
  naming: Naming,
  order: TransactionOrder,
  isTold: (change: AuditedChange) => boolean,
  asked: ReadonlySet<string>,
): Story => ({
  naming,
  order,
  isTold,
  statements: [],
  done: new Set(),
  gone: new Set(),
  asked: new Set(asked),
  held: new Map(),
  unmade: new Set(),
  cleared: new Map(),
  waiting: new Map(),
})

/** `about`: the rows that the text names. */
export function say(
  { isTold, statements, unmade }: Story,
  change: AuditedChange,
  { text, about }: { readonly text: string | undefined; readonly about: readonly Target[] },
): void {
  if (text === undefined || !isTold(change)) return
  if (about.some(({ table, id }) => unmade.has(resourceKey(table, id)))) {
    statements.push('SELECT * FROM iasql_apply();')
    unmade.clear()
  }
  statements.push(text)
}

/** The row itself, and those that any of its states refers to. */
export const named = (
  { naming: { lookup } }: Story,
  { table, id }: RowOfTable,
  ...states: readonly (Row | undefined)[]
): readonly Target[] => [
  { table: table.name, id },
  ...states.flatMap((row) => rowTargets(lookup, table.name, row ?? null)),
]

export function isThere({ naming: { replayed } }: Story, { table, id, as }: Target): boolean {
  const row = replayed.get(table, id)
  return row !== undefined && (as === undefined || row[as.column] === as.value)
}
