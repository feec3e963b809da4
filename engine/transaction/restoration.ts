/** The way back for one row of a transaction: what has to be written, or what stands in its way. */
import { equals } from '#engine/columns/canonical.ts'
import type { Json, Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { differing, type NetEdit, userColumns } from './net-edit.ts'

export type Restoration =
  /** It is as it was. */
  | { readonly kind: 'none' }
  | { readonly kind: 'insert'; readonly values: Row }
  | { readonly kind: 'update'; readonly values: Row }
  | { readonly kind: 'delete' }
  /** The row that was written is not there any more. */
  | { readonly kind: 'gone' }
  /** Somebody has edited these columns since; no columns: the row was made again. */
  | { readonly kind: 'edited'; readonly columns: readonly string[] }

/** `later`: columns that users have edited since the transaction did. */
export function restorationOf(
  type: TableSpec,
  { before, after }: Pick<NetEdit, 'before' | 'after'>,
  { current, later }: { readonly current: Row | null; readonly later: ReadonlySet<string> },
): Restoration {
  if (!before && !after) return { kind: 'none' }
  if (before && !after) {
    if (!current) return { kind: 'insert', values: before }
    return differing(type, before, current).length === 0 ? { kind: 'none' } : { kind: 'edited', columns: [] }
  }
  if (!current) return { kind: 'gone' }
  const isEdited = (name: string): boolean =>
    later.has(name) && !isSame(type, name, current[name], after?.[name])
  if (!before) {
    const columns = userColumns(type).filter(isEdited)
    return columns.length > 0 ? { kind: 'edited', columns } : { kind: 'delete' }
  }
  const changed = differing(type, before, after ?? {}).filter(
    (name) => !isSame(type, name, current[name], before[name]),
  )
  const columns = changed.filter(isEdited)
  if (columns.length > 0) return { kind: 'edited', columns }
  if (changed.length === 0) return { kind: 'none' }
  return { kind: 'update', values: Object.fromEntries(changed.map((name) => [name, before[name] ?? null])) }
}

/** Whether two values of the column, or of the row's place, mean the same. */
export function isSame(
  type: TableSpec,
  name: string,
  one: Json | undefined,
  other: Json | undefined,
): boolean {
  const column = type.columns[name]
  return column ? equals(column, one, other) : (one ?? null) === (other ?? null)
}
