/** What the expressions of a step stood for when it was sent: an edit because of another value is not done with it. */
import { listExpressions } from '#engine/expression/expression.ts'
import type { Json, Row } from '#engine/model/json.ts'
import type { Known } from '../plan/resolve-row.ts'

export interface StoodFor {
  readonly table_name: string
  readonly row_id: number
  readonly column_name: string
  /** Null: not known yet. */
  readonly value: Json
}

export const stoodForNow = (given: Row, known: Known): readonly StoodFor[] =>
  Object.values(given)
    .flatMap((value) => listExpressions(value))
    .map(({ table, id, column }) => ({
      table_name: table,
      row_id: id,
      column_name: column,
      value: known.value(table, id, column) ?? null,
    }))
