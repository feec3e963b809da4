/** Example rows as the statements of a documentation page: other rows are found by name, so that they run wherever they are pasted. */
import type { Json } from '#engine/model/json.ts'
import { type ExampleRow, type Needed, withNeededValues } from '#modules/kit/examples.ts'
import type { ResourceType } from '#modules/kit/table.ts'
import { findTable } from '#modules/registry.ts'

/** SQL that gives the row id of a needed row, by the needed row's name. */
export type Ids = ReadonlyMap<string, string>

const tableOf = (name: string): ResourceType => {
  const table = findTable(name)
  if (!table) throw new Error(`the registry has no table ${name}`)
  return table
}

const isNeeded = (value: unknown): value is Needed =>
  typeof value === 'object' && value !== null && '$needed' in value

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`

const onOneLine = (value: Json): string =>
  JSON.stringify(value, null, 1)
    .replace(/(?<=[[{])\n\s*|\n\s*(?=[\]}])/g, '')
    .replace(/\n\s*/g, ' ')

/** Documents that no line has room for are written in several. */
const documentText = (value: Json): string => {
  const line = onOneLine(value)
  return line.length <= 100 ? line : JSON.stringify(value, null, 2)
}

const textOf = (value: Json): string => (typeof value === 'string' ? value : documentText(value))

/** `{ "subnet_id": "${subnet(first).subnet_id}" }` has the row id put in by format(). */
function expressionSql(value: Json, ids: Ids, cast: string): string {
  const found: string[] = []
  const escaped = JSON.parse(JSON.stringify(value).replaceAll('%', '%%')) as Json
  const text = withNeededValues(escaped, ({ table, name, column }) => {
    found.push(ids.get(name) ?? 'NULL')
    return `\${${table}(%s).${column}}`
  })
  return `format(${[literal(textOf(text)), ...found].join(', ')})${cast}`
}

/** A value as it is written in SQL. */
export function valueSql(value: Json | Needed, ids: Ids, sqlType = 'text'): string {
  if (isNeeded(value)) return ids.get(value.$needed) ?? 'NULL'
  if (value === null) return 'NULL'
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  const cast = sqlType === 'text' ? '' : `::${sqlType}`
  return JSON.stringify(withNeededValues(value, () => '')) === JSON.stringify(value)
    ? literal(textOf(value))
    : expressionSql(value, ids, cast)
}

const isKnownByTag = ({ naturalKey }: ResourceType): boolean => naturalKey.join() === 'tags'

const nameTag = (row: ExampleRow): string | undefined =>
  (row.tags as { readonly Name?: string } | null | undefined)?.Name

/** Rows of a type that people know by its Name tag get one. */
export function withName(table: string, row: ExampleRow, name: string): ExampleRow {
  if (!isKnownByTag(tableOf(table)) || nameTag(row)) return row
  return { ...row, tags: { Name: name, ...(row.tags as Readonly<Record<string, Json>> | undefined) } }
}

/** The row id as SQL that finds it: `find_queue('jobs')`, or by what its INSERT said where its names are AWS's. */
export function idSql(name: string, row: ExampleRow, ids: Ids): string {
  const table = tableOf(name)
  if (isKnownByTag(table)) return `find_${name}(${literal(nameTag(row) ?? '')})`
  const said = (column: string) => row[column] ?? table.columns[column]?.default ?? null
  const typeOf = (column: string) => table.columns[column]?.sqlType
  if (table.naturalKey.every((column) => table.columns[column]?.nature !== 'output'))
    return `find_${name}(${table.naturalKey.map((column) => valueSql(said(column), ids, typeOf(column))).join(', ')})`
  const conditions = Object.entries(row).map(
    ([column, value]) => `${column} = ${valueSql(value, ids, typeOf(column))}`,
  )
  return `(SELECT id FROM ${name} WHERE ${conditions.join(' AND ')})`
}

const reserved = /^(all|analyze|check|default|end|from|group|limit|order|references|table|to|user)$/
const columnSql = (name: string): string => (reserved.test(name) ? `"${name}"` : name)

export function insertSql(table: string, row: ExampleRow, ids: Ids): string {
  const { columns } = tableOf(table)
  const values = Object.entries(row).map(([name, value]) => valueSql(value, ids, columns[name]?.sqlType))
  if (values.length === 0) return `INSERT INTO ${table} DEFAULT VALUES;`
  const names = Object.keys(row).map(columnSql)
  return `INSERT INTO ${table} (${names.join(', ')})\nVALUES (${values.join(', ')});`
}

/** `id` is the SQL that finds the row. */
export function updateSql(
  table: string,
  changes: ExampleRow,
  { id, ids }: { readonly id: string; readonly ids: Ids },
): string {
  const { columns } = tableOf(table)
  const assignments = Object.entries(changes).map(
    ([name, value]) => `${columnSql(name)} = ${valueSql(value, ids, columns[name]?.sqlType)}`,
  )
  return `UPDATE ${table}\nSET ${assignments.join(',\n  ')}\nWHERE id = ${id};`
}
