/** Values as SQL: references as sub-selects, expressions as calls of `iasql_ref`, all else as literals. */

import { isObject } from '#engine/columns/canonical-json.ts'
import { placeColumns } from '#engine/ddl/sql-text.ts'
import {
  type Expression,
  formatExpression,
  listExpressions,
  parseExpressions,
} from '#engine/expression/expression.ts'
import type { Column } from '#engine/model/column.ts'
import type { Json } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { unqualified } from '#engine/plan/resource.ts'

/** Gives the id of a row as SQL; undefined when there is no such row. */
export type IdText = (table: string, id: number) => string | undefined

/** People run it: no escapes but doubled quotes. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`

export const name = (identifier: string): string =>
  /^[a-z_][a-z0-9_]*$/.test(identifier) && !reserved.has(identifier)
    ? identifier
    : `"${identifier.replaceAll('"', '""')}"`

/** Key words that PostgreSQL does not take, or not everywhere, as the name of a column or table. */
const reserved: ReadonlySet<string> = new Set(
  (
    'all analyse analyze and any array as asc asymmetric authorization both case cast check collate column concurrently ' +
    'constraint create cross current_date current_role current_time current_timestamp current_user default deferrable desc ' +
    'distinct do else end except false fetch for foreign from full grant group having ilike in initially inner intersect ' +
    'into is isnull join lateral leading left like limit localtime natural not null offset on only or order outer overlaps ' +
    'placing primary references returning right select session_user similar some symmetric table tablesample then to ' +
    'trailing true union unique user using variadic verbose when where window with ' +
    'between bigint bit boolean char character coalesce dec decimal exists extract float greatest grouping inout int integer ' +
    'interval least national nchar none normalize nullif numeric out overlay position precision real row setof smallint ' +
    'substring time timestamp treat trim values varchar'
  ).split(' '),
)

/** Rows of others that a value refers to. */
export interface Target {
  readonly table: string
  readonly id: number
  /** Of a reference by name: the row is meant only while it has this one. */
  readonly as?: { readonly column: string; readonly value: string }
}

/** But for references by name, which only rows of the same transaction tell. */
export function targetsOf(column: Column | undefined, value: Json): readonly Target[] {
  const { reference } = column ?? {}
  if (reference?.by === 'id') {
    return typeof value === 'number' ? [{ table: unqualified(reference.table), id: value }] : []
  }
  return reference ? [] : listExpressions(value)
}

export function valueText(column: Column | undefined, value: Json, idText: IdText): string {
  if (value === null) return 'NULL'
  const { reference } = column ?? {}
  if (reference?.by === 'id' && typeof value === 'number') {
    return idText(unqualified(reference.table), value) ?? String(value)
  }
  if (typeof value === 'number' || typeof value === 'boolean') {
    return column?.sqlType === 'jsonb' ? quoted(JSON.stringify(value)) : String(value)
  }
  const isDocument = column?.sqlType === 'jsonb'
  const known = listExpressions(value).filter(({ table, id }) => idText(table, id) !== undefined)
  if (known.length === 0)
    return quoted(isDocument || typeof value !== 'string' ? JSON.stringify(value) : value)
  return isDocument ? documentText(value, idText) : stringText(String(value), idText)
}

const refText = ({ table, column }: Expression, id: string): string =>
  `iasql_ref(${quoted(table)}, ${id}, ${quoted(column)})`

interface Filled {
  readonly format: string
  readonly calls: readonly string[]
}

function fill(text: string, idText: IdText): Filled {
  const calls: string[] = []
  let format = ''
  let rest = text
  for (const expression of parseExpressions(text)) {
    const id = idText(expression.table, expression.id)
    if (id === undefined) continue
    const written = formatExpression(expression)
    const at = rest.indexOf(written)
    format += `${rest.slice(0, at).replaceAll('%', '%%')}%s`
    rest = rest.slice(at + written.length)
    calls.push(refText(expression, id))
  }
  return { format: format + rest.replaceAll('%', '%%'), calls }
}

function stringText(text: string, idText: IdText): string {
  const { format, calls } = fill(text, idText)
  return format === '%s' ? (calls[0] ?? 'NULL') : `format(${[quoted(format), ...calls].join(', ')})`
}

function documentText(value: Json, idText: IdText): string {
  const calls: string[] = []
  const walk = (part: Json): Json => {
    if (typeof part === 'string') {
      const filled = fill(part, idText)
      calls.push(...filled.calls)
      return filled.format
    }
    if (Array.isArray(part)) return part.map((item: Json) => walk(item))
    if (!isObject(part)) return part
    return Object.fromEntries(
      Object.entries(part).map(([key, item]) => [key.replaceAll('%', '%%'), walk(item)]),
    )
  }
  const format = JSON.stringify(walk(value))
  return `CAST(format(${[quoted(format), ...calls].join(', ')}) AS jsonb)`
}

export const columnOf = (table: TableSpec, column: string): Column | undefined =>
  placeColumns(table).includes(column) ? undefined : table.columns[column]
