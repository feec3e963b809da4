/** `:name` parameters of the Data API as PostgreSQL's `$n`: a lexer that knows where a colon means something else. */
import type { Field, Parameter, TypeHint } from './data-api.ts'
import { DataApiError } from './data-api.ts'

const hintTypes: Readonly<Record<TypeHint, string>> = {
  DATE: 'date',
  DECIMAL: 'numeric',
  JSON: 'jsonb',
  TIME: 'time',
  TIMESTAMP: 'timestamp',
  UUID: 'uuid',
}

/** The service binds typed values, so a text is never taken for a number or a document by itself. */
const castOf = ({ value, typeHint }: Parameter): string => {
  if (typeHint) return `::${hintTypes[typeHint]}`
  if ('stringValue' in value) return '::text'
  if ('longValue' in value) return '::bigint'
  if ('doubleValue' in value) return '::float8'
  if ('booleanValue' in value) return '::boolean'
  if ('blobValue' in value) return '::bytea'
  return ''
}

const boundValue = (value: Field): unknown => {
  if ('isNull' in value) return null
  if ('blobValue' in value) return Buffer.from(value.blobValue)
  return Object.values(value)[0]
}

/**
 * Longest first: comments, dollar quotes, escape strings, strings, identifiers, casts, assignments, then a parameter. A
 * colon behind a digit, a letter or a bracket is a slice.
 */
const tokens =
  /--[^\n]*|\/\*|\$([A-Za-z_]\w*)?\$|[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|::|:=|(?<![\w\])]):([A-Za-z_]\w*)/g

const endOfComment = (sql: string, start: number): number => {
  const edges = /\/\*|\*\//g
  edges.lastIndex = start
  for (let depth = 0, edge = edges.exec(sql); edge; edge = edges.exec(sql)) {
    depth += edge[0] === '/*' ? 1 : -1
    if (depth === 0) return edges.lastIndex
  }
  return sql.length
}

export interface BoundStatement {
  readonly text: string
  readonly values: readonly unknown[]
}

/** @throws DataApiError `bad-request` for a parameter that is named in the text and not given. */
export function bindParameters(sql: string, parameters: readonly Parameter[] = []): BoundStatement {
  const byName = new Map(parameters.map((parameter) => [parameter.name, parameter]))
  const positions = new Map<string, number>()
  const values: unknown[] = []
  let text = ''
  let copied = 0
  tokens.lastIndex = 0
  for (let token = tokens.exec(sql); token; token = tokens.exec(sql)) {
    const [word, , name] = token
    if (word === '/*') tokens.lastIndex = endOfComment(sql, token.index)
    else if (word.startsWith('$')) {
      const end = sql.indexOf(word, tokens.lastIndex)
      tokens.lastIndex = end < 0 ? sql.length : end + word.length
    } else if (name !== undefined) {
      const parameter = byName.get(name)
      if (!parameter) throw new DataApiError('bad-request', `Cannot find parameter: ${name}`)
      const position = positions.get(name) ?? values.push(boundValue(parameter.value))
      positions.set(name, position)
      text += `${sql.slice(copied, token.index)}$${position}${castOf(parameter)}`
      copied = tokens.lastIndex
    }
  }
  return { text: text + sql.slice(copied), values }
}
