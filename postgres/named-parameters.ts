/**
 * `:name` parameters of the Data API as PostgreSQL's `$n`. As on Aurora every occurrence is a parameter of its own, and
 * only strings, quoted names, comments, `::` and `:=` are left alone; dollar quotes and array slices are not.
 */
import { DataApiError, type Field, type Parameter, type TypeHint } from './data-api.ts'

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
  if ('stringValue' in value) return '::varchar'
  if ('longValue' in value) return '::int8'
  if ('doubleValue' in value) return '::float8'
  if ('booleanValue' in value) return '::bool'
  if ('blobValue' in value) return '::bytea'
  return ''
}

const boundValue = (value: Field): unknown => {
  if ('isNull' in value) return null
  if ('blobValue' in value) return Buffer.from(value.blobValue)
  return Object.values(value)[0]
}

const letter = 'A-Za-z_\\u0080-\\uffff'
/** Where something begins that may hold a colon, or a colon itself. A dollar within a name quotes nothing. */
const beginnings = new RegExp(
  `--|/\\*|(?<![\\w$${letter}])(?:\\$(?:[${letter}][\\w${letter}]*)?\\$|[eE]')|['"]|::|:=|:(\\w+)`,
  'g',
)

const after = (sql: string, end: string, from: number): number => {
  const found = sql.indexOf(end, from)
  return found < 0 ? sql.length : found + end.length
}

const afterQuote = (sql: string, quote: string, from: number): number => {
  let end = after(sql, quote, from)
  while (sql[end] === quote) end = after(sql, quote, end + 1)
  return end
}

const afterMatch = (
  sql: string,
  pattern: RegExp,
  from: number,
  isEnd: (match: string) => boolean,
): number => {
  pattern.lastIndex = from
  for (let match = pattern.exec(sql); match; match = pattern.exec(sql)) {
    if (isEnd(match[0])) return pattern.lastIndex
  }
  return sql.length
}

const afterEscapeString = (sql: string, from: number): number =>
  afterMatch(sql, /\\[\s\S]|''|'/g, from, (match) => match === "'")

const afterComment = (sql: string, from: number): number => {
  let depth = 1
  return afterMatch(sql, /\/\*|\*\//g, from, (match) => {
    depth += match === '/*' ? 1 : -1
    return depth === 0
  })
}

interface Occurrence {
  readonly name: string
  readonly start: number
  readonly end: number
}

/** The service would put a `$n` into the quoted text, silently. */
const refuseWithin = (quoted: string): void => {
  const [first] = occurrences(quoted)
  if (!first) return
  throw new DataApiError(
    'bad-request',
    `The service takes :${first.name} between dollar quotes for a parameter`,
  )
}

function* occurrences(sql: string): Generator<Occurrence> {
  const begins = new RegExp(beginnings)
  for (let match = begins.exec(sql); match; match = begins.exec(sql)) {
    const [word, name] = match
    const inner = begins.lastIndex
    if (name !== undefined) yield { name, start: match.index, end: inner }
    else if (word === '--') begins.lastIndex = after(sql, '\n', inner)
    else if (word === '/*') begins.lastIndex = afterComment(sql, inner)
    else if (word === "'" || word === '"') begins.lastIndex = afterQuote(sql, word, inner)
    else if (word.startsWith('$')) {
      begins.lastIndex = after(sql, word, inner)
      refuseWithin(sql.slice(inner, begins.lastIndex))
    } else if (word.endsWith("'")) begins.lastIndex = afterEscapeString(sql, inner)
  }
}

export interface BoundStatement {
  readonly text: string
  readonly values: readonly unknown[]
}

/** @throws DataApiError `bad-request` for a parameter that is named in the text and not given. */
export function bindParameters(sql: string, parameters: readonly Parameter[] = []): BoundStatement {
  const byName = new Map(parameters.map((parameter) => [parameter.name, parameter]))
  const values: unknown[] = []
  let text = ''
  let copied = 0
  for (const { name, start, end } of occurrences(sql)) {
    const parameter = byName.get(name)
    if (!parameter) throw new DataApiError('bad-request', `Cannot find parameter: ${name}`)
    values.push(boundValue(parameter.value))
    text += `${sql.slice(copied, start)}$${values.length}${castOf(parameter)}`
    copied = end
  }
  return { text: text + sql.slice(copied), values }
}

/** The statement with every occurrence of one parameter as `expression` says. */
export function withParameter(sql: string, name: string, expression: string): string {
  const found = [...occurrences(sql)].filter((occurrence) => occurrence.name === name)
  return found.reduceRight((text, { start, end }) => text.slice(0, start) + expression + text.slice(end), sql)
}
