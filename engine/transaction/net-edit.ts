/** What a transaction made of each row, by the audit log: how it was before, and how it was left. */
import { canonicalJson } from '#engine/columns/canonical-json.ts'
import type { Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { resourceKey } from '#engine/plan/resource.ts'

/** One row of the audit log: whole rows as PostgreSQL writes them; null: there was none, or is none any more. */
export interface AuditedEdit {
  readonly table: string
  readonly rowId: number
  readonly original: Row | null
  readonly change: Row | null
}

export interface NetEdit {
  readonly key: string
  readonly table: string
  readonly rowId: number
  readonly before: Row | null
  readonly after: Row | null
}

/**
 * In the order in which the rows were first edited; what came and went again is none. What others changed in between in
 * other columns of a row is no part of it, and stays.
 */
export function netEdits(edits: Iterable<AuditedEdit>): readonly NetEdit[] {
  const rows = new Map<string, AuditedEdit[]>()
  for (const edit of edits) {
    const key = resourceKey(edit.table, edit.rowId)
    const known = rows.get(key)
    if (known) known.push(edit)
    else rows.set(key, [edit])
  }
  return [...rows].flatMap(([key, own]) => {
    const [first, last] = [own[0], own.at(-1)]
    if (!first || !last) return []
    const before = first.original && { ...last.original, ...first.original, ...keptOf(own) }
    const { table, rowId } = first
    return before === null && last.change === null ? [] : [{ key, table, rowId, before, after: last.change }]
  })
}

/** What others set in columns that none of these edits has changed. */
function keptOf(own: readonly AuditedEdit[]): Row {
  const last = own.at(-1)?.original
  if (own.length < 2 || !last) return {}
  const changed = new Set(own.flatMap(({ original, change }) => changedNames(original, change)))
  return Object.fromEntries(Object.entries(last).filter(([name]) => !changed.has(name)))
}

const changedNames = (one: Row | null, other: Row | null): readonly string[] =>
  one && other
    ? Object.keys(one).filter(
        (name) => canonicalJson(one[name] ?? null) !== canonicalJson(other[name] ?? null),
      )
    : []

/** Columns that a user has the say in; outputs are the cloud's whatever happens. */
export function userColumns(type: TableSpec): readonly string[] {
  if (type.access === 'read') return type.writable
  const own = Object.entries(type.columns).flatMap(([name, { nature }]) =>
    nature === 'output' ? [] : [name],
  )
  return [...own, ...placeOf[type.place]]
}

const placeOf = { regional: ['account_id', 'region'], global: ['account_id'], tenant: [] } as const

/** Of the user's columns those that are written differently. */
export const differing = (type: TableSpec, one: Row, other: Row): readonly string[] =>
  userColumns(type).filter((name) => canonicalJson(one[name] ?? null) !== canonicalJson(other[name] ?? null))

/** What an edit has to do with a journal: the cloud hears of all but the columns that are only ours. */
export function isLocalOnly(type: TableSpec, { original, change }: AuditedEdit): boolean {
  if (!original || !change) return false
  return differing(type, original, change).every((name) => type.columns[name]?.nature === 'local')
}
