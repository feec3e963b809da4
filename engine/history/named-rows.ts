/** References that hold a name instead of an id: which row of the same transaction they mean. */
import { canonicalJson } from '#engine/columns/canonical-json.ts'
import { placeColumns } from '#engine/ddl/sql-text.ts'
import type { Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { type TableLookup, unqualified } from '#engine/plan/resource.ts'
import type { AuditedChange } from './audited-change.ts'
import { columnOf, type Target } from './value-text.ts'

/** Who comes after takes the name of who goes: a row before a change means the one, a row after it the other. */
type Moment = 'before' | 'after'

/** A column of a row that may refer to another. */
export interface Referring {
  readonly table: TableSpec
  readonly column: string
  readonly row: Row
  readonly moment: Moment
}

export interface NamedRows {
  find(referring: Referring): Target | undefined
}

export const noNamedRows: NamedRows = { find: () => undefined }

export function namedRows(lookup: TableLookup, changes: readonly AuditedChange[]): NamedRows {
  const referred = new Map<string, Set<string>>()
  for (const table of new Set(changes.map((change) => change.table))) {
    for (const { reference } of Object.values(lookup.get(table)?.columns ?? {})) {
      if (!reference || reference.by === 'id') continue
      const target = unqualified(reference.table)
      referred.set(target, (referred.get(target) ?? new Set()).add(reference.by))
    }
  }
  if (referred.size === 0) return noNamedRows
  const had = new Map<string, number>()
  const gets = new Map<string, number>()
  for (const { table, rowId, original, change } of changes) {
    const spec = lookup.get(table)
    for (const by of spec && rowId !== null ? (referred.get(table) ?? []) : []) {
      const key = (row: Row | null) => spec && row && keyOf(spec, { by, value: row[by], row })
      const [before, after] = [key(original), key(change)]
      if (before) had.set(before, rowId ?? 0)
      if (after) gets.set(after, rowId ?? 0)
    }
  }
  return {
    find({ table, column, row, moment }) {
      const { reference } = columnOf(table, column) ?? {}
      const target = reference && lookup.get(unqualified(reference.table))
      if (!reference || reference.by === 'id' || !target) return undefined
      const value = row[column]
      const key = keyOf(target, { by: reference.by, value, row }) ?? ''
      const id = moment === 'before' ? (had.get(key) ?? gets.get(key)) : (gets.get(key) ?? had.get(key))
      if (id === undefined) return undefined
      return { table: target.name, id, as: { column: reference.by, value: String(value) } }
    },
  }
}

interface Name {
  readonly by: string
  readonly value: Row[string] | undefined
  /** In whose place it is. */
  readonly row: Row
}

const keyOf = (target: TableSpec, { by, value, row }: Name): string | undefined =>
  typeof value === 'string'
    ? canonicalJson([target.name, by, value, ...placeColumns(target).map((name) => row[name] ?? null)])
    : undefined
