/** What the expressions of a row stood for when a step of it was sent: an edit because of another value is not done with it. */
import { equals } from '#engine/columns/canonical.ts'
import { type Expression, listExpressions } from '#engine/expression/expression.ts'
import { unsureColumns } from '#engine/merge/unsure.ts'
import type { Json, Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { type Known, resolveRow } from '../plan/resolve-row.ts'

export interface StoodFor {
  readonly table_name: string
  readonly row_id: number
  readonly column_name: string
  /** Null: not known yet. */
  readonly value: Json
}

export const stoodForNow = (given: Row, known: Known): readonly StoodFor[] =>
  expressionsOf(given).map((expression) => standing(expression, valueNow(known, expression)))

/**
 * What a step does not send is with the cloud as agreed on. Where that is what its expressions stand for no more, or not
 * yet, they count as sent with a value that is nobody's.
 */
export function stoodForUnsent(
  type: TableSpec,
  unsent: Row,
  base: Row | null,
  known: Known,
): readonly StoodFor[] {
  const { row } = resolveRow(type, unsent, known)
  const unsure = unsureColumns(base)
  return Object.entries(unsent).flatMap(([name, value]) => {
    const column = type.columns[name]
    const isSame = column !== undefined && equals(column, row[name] ?? null, base?.[name] ?? null)
    const isAgreed = isSame && !unsure.includes(name)
    return expressionsOf({ [name]: value }).map((expression) =>
      standing(expression, isAgreed ? valueNow(known, expression) : null),
    )
  })
}

const expressionsOf = (row: Row): readonly Expression[] =>
  Object.values(row).flatMap((value) => listExpressions(value))

const valueNow = (known: Known, { table, id, column }: Expression): Json =>
  known.value(table, id, column) ?? null

const standing = ({ table, id, column }: Expression, value: Json): StoodFor => {
  return { table_name: table, row_id: id, column_name: column, value }
}
