/** What the lines of a resource are, as data. */
import type { Columns } from '#engine/model/column.ts'

export interface LinesDefinition<C extends Columns = Columns> {
  /** The view, as a table in SQL: singular, unique over all modules. */
  readonly name: string
  readonly description: string
  /** Table of the resource that has the lines, unqualified and of the same module; regional. */
  readonly parent: string
  /** Column of the view that holds the parent's row id. */
  readonly via: string
  /** Column of the parent that holds the lines. */
  readonly list: string
  /** What no two lines of a parent have alike. */
  readonly key: readonly (keyof C & string)[]
  /**
   * A reference has `by`, the column that tells AWS of its target: the view shows row ids, the mapper gets the values. A line
   * that says of a column no more than its default leaves it out.
   */
  readonly columns: C
}
