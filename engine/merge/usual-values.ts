/** Where a row comes to stand for what the cloud has already, a default is no wish: it is what an INSERT leaves out. */
import { equals } from '#engine/columns/canonical.ts'
import type { Column } from '#engine/model/column.ts'
import type { Json, Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'

export const isUsual = (column: Column, value: Json | undefined): boolean =>
  column.default !== undefined && equals(column, value ?? null, column.default)

/** The arguments that have their default. */
export const usualValues = ({ columns }: Pick<TableSpec, 'columns'>, row: Row): Row =>
  Object.fromEntries(
    Object.entries(columns).flatMap(([name, column]) =>
      column.nature === 'argument' && isUsual(column, row[name]) ? [[name, row[name] ?? null] as const] : [],
    ),
  )
