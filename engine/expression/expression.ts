/** References to values known only later, written into text and json columns: `${db_instance(17).endpoint}`. */
import { isObject } from '#engine/columns/canonical-json.ts'
import type { Column } from '#engine/model/column.ts'
import type { Json, Row } from '#engine/model/json.ts'

export interface Expression {
  /** Unqualified table. */
  readonly table: string
  readonly id: number
  readonly column: string
}

const pattern = /\$\{([a-z_][a-z0-9_]*)\((\d{1,15})\)\.([a-z_][a-z0-9_]*)\}/g

export const formatExpression = ({ table, id, column }: Expression): string => `\${${table}(${id}).${column}}`

export const parseExpressions = (text: string): readonly Expression[] =>
  text.includes('${') ? [...text.matchAll(pattern)].map(expressionOf) : []

const expressionOf = (match: RegExpMatchArray): Expression => ({
  table: match[1] ?? '',
  id: Number(match[2]),
  column: match[3] ?? '',
})

/** All expressions inside a value, at any depth; the keys of objects are plain text. */
export function listExpressions(value: Json | undefined): readonly Expression[] {
  if (typeof value === 'string') return parseExpressions(value)
  if (Array.isArray(value)) return value.flatMap((item: Json) => listExpressions(item))
  return isObject(value) ? Object.values(value).flatMap((item) => listExpressions(item)) : []
}

export interface Substituted {
  readonly value: Json
  /** Expressions that have no value yet; they stand in `value` as they were. */
  readonly unknown: readonly Expression[]
}

/** A string that is one expression becomes the value itself, with its type; inside a longer text it becomes text. */
export function substitute(value: Json, resolve: (expression: Expression) => Json | undefined): Substituted {
  if (typeof value === 'string') return substituteText(value, resolve)
  if (Array.isArray(value)) {
    const items = value.map((item: Json) => substitute(item, resolve))
    return { value: items.map((item) => item.value), unknown: items.flatMap((item) => item.unknown) }
  }
  if (!isObject(value)) return { value, unknown: [] }
  const members = Object.entries(value).map(([key, item]) => [key, substitute(item, resolve)] as const)
  return {
    value: Object.fromEntries(members.map(([key, item]) => [key, item.value])),
    unknown: members.flatMap(([, item]) => item.unknown),
  }
}

function substituteText(text: string, resolve: (expression: Expression) => Json | undefined): Substituted {
  const expressions = parseExpressions(text)
  const [only] = expressions
  if (!only) return { value: text, unknown: [] }
  if (formatExpression(only) === text) {
    const value = resolve(only)
    return value === undefined || value === null ? { value: text, unknown: [only] } : { value, unknown: [] }
  }
  const unknown: Expression[] = []
  const value = text.replace(pattern, (written, table: string, id: string, column: string) => {
    const expression = { table, id: Number(id), column }
    const found = resolve(expression) ?? null
    if (found === null) unknown.push(expression)
    return found === null ? written : typeof found === 'string' ? found : JSON.stringify(found)
  })
  return { value, unknown }
}

/** The same for a column: text stays text, whatever a single expression in it stands for. */
export function substituteIn(
  { sqlType }: Pick<Column, 'sqlType'>,
  given: Json,
  resolve: (expression: Expression) => Json | undefined,
): Substituted {
  const { value, unknown } = substitute(given, resolve)
  const isText = sqlType !== 'text' || value === null || typeof value === 'string'
  return { value: isText ? value : JSON.stringify(value), unknown }
}

/** Where base keeps, by column, the expressions whose values were sent. */
const sentKey = '$expressions'

export function sentExpressions(base: Row | null): Row {
  const sent = base?.[sentKey]
  return isObject(sent) ? sent : {}
}

export const withSentExpressions = (base: Row, sent: Row): Row =>
  Object.keys(sent).length > 0 ? { ...base, [sentKey]: sent } : base
