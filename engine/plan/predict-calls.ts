/** How many calls will write: a create, an update or a delete is one, and what columns say of their own comes on top. */
import { equals } from '#engine/columns/canonical.ts'
import { ownTags } from '#engine/columns/tags.ts'
import type { Column, OwnCall } from '#engine/model/column.ts'
import type { Json, Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import type { Action } from './planned-change.ts'

export interface Predictable {
  readonly action: Action
  /** The columns to send. */
  readonly delta: Row
  readonly desired: Row | null
  /** As the cloud has it, as far as that is known. */
  readonly before: Row
}

export function predictCalls({ action, delta, desired, before }: Predictable, table: TableSpec): number {
  switch (action) {
    case 'create':
      return callsOfCreate(table, desired ?? delta)
    case 'update':
    case 'adopt':
      return callsOfUpdate(table, delta, before)
    case 'replace':
      return callsOfCreate(table, desired ?? delta, before) + callsOfDelete(table, before)
    case 'delete':
      return callsOfDelete(table, before)
    case 'forget':
      return 0
  }
}

const has = (column: Column, call: OwnCall): boolean => column.ownCall?.includes(call) ?? false

/** Columns of one part count once. */
const countColumns = (table: TableSpec, isCounted: (column: Column, name: string) => boolean): number =>
  new Set(
    Object.entries(table.columns).flatMap(([name, column]) =>
      isCounted(column, name) ? [column.part ?? name] : [],
    ),
  ).size

/** What is left at its default needs no call after the create, nor what AWS chose for the one that is replaced. */
const callsOfCreate = (table: TableSpec, desired: Row, replaced: Row = {}): number =>
  1 +
  countColumns(table, (column, name) => {
    const value = desired[name] ?? null
    const chosen = column.reference || column.clearable ? null : (replaced[name] ?? null)
    const usual = column.default ?? (column.sqlType === 'boolean' ? false : chosen)
    return has(column, 'create') && value !== null && !equals(column, value, usual)
  })

const callsOfDelete = (table: TableSpec, before: Row): number =>
  1 +
  countColumns(table, (column, name) => has(column, 'delete') && (before[name] ?? null) !== null) +
  Object.entries(table.columns).reduce((sum, [name, column]) => sum + membersOf(column, before[name]), 0)

const membersOf = (column: Column, value: Json | undefined): number =>
  has(column, 'deleteEach') && Array.isArray(value) ? value.length : 0

function callsOfUpdate(table: TableSpec, delta: Row, before: Row): number {
  let own = 0
  let isShared = false
  const parts = new Set<string>()
  for (const [name, to] of Object.entries(delta)) {
    const column = table.columns[name]
    if (!column || column.unread) continue
    const from = before[name] ?? null
    if (column.part !== undefined) parts.add(column.part)
    else if (column.equality === 'tags' && !column.ownCall) own += callsOfTags(from, to)
    else if (!has(column, 'update')) isShared = true
    else if (!has(column, 'clear')) own += 1
    else own += Number(from !== null) + Number(to !== null)
  }
  return own + parts.size + Number(isShared)
}

/** Tags are put by one call and removed by another. */
function callsOfTags(from: Json, to: Json): number {
  const [seen, wanted] = [ownTags(from), ownTags(to)]
  const puts = Object.entries(wanted).some(([key, value]) => seen[key] !== value)
  const removes = Object.keys(seen).some((key) => !(key in wanted))
  return Number(puts) + Number(removes)
}
