/** Columns that say nothing alone: whatever happens to the one they go with happens to them. */
import type { Columns } from '#engine/model/column.ts'

/** The names, and those of the columns that go with one of them. */
export function withDependents(columns: Columns, names: readonly string[]): readonly string[] {
  if (names.length === 0) return names
  const dependents = Object.entries(columns).flatMap(([name, column]) =>
    column.with !== undefined && names.includes(column.with) && !names.includes(name) ? [name] : [],
  )
  return [...names, ...dependents]
}
