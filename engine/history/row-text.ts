/** How a statement names one row and no other: by its natural key, else by all that is known of it, else by its place among equals. */
import { isSame } from '#engine/columns/canonical-json.ts'
import { placeColumns } from '#engine/ddl/sql-text.ts'
import type { Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { resourceKey, type TableLookup } from '#engine/plan/resource.ts'
import type { KnownRows } from './known-rows.ts'
import { toldColumns } from './told-columns.ts'
import { columnOf, name, quoted, targetsOf, valueText } from './value-text.ts'

export interface Naming {
  readonly lookup: TableLookup
  /** As the database had them. */
  readonly actual: KnownRows
  /** As they are where the statements are run, which have brought no outputs and no defaults of the cloud. */
  readonly replayed: KnownRows
  /** What digests stand for, as a statement gives it. */
  readonly contents: ReadonlyMap<string, string>
}

/** A row that is to be named, within the names of those that refer to it: they cannot stand in its own. */
interface ToName {
  readonly naming: Naming
  readonly table: TableSpec
  readonly row: Row
  readonly within: readonly string[]
}

/** The condition over a row that it alone fulfils; undefined when the row is not known. */
export function rowCondition(
  naming: Naming,
  table: TableSpec,
  id: number,
  within: readonly string[] = [],
): string | undefined {
  const row = naming.replayed.get(table.name, id)
  if (!row) return undefined
  if (table.name === 'aws_accounts' && row.is_default === true) return ofDefaultAccount
  const toName = { naming, table, row, within: [...within, resourceKey(table.name, id)] }
  const key = keyColumns(table)
  const isWhole = key.length > 0 && key.every((column) => row[column] != null && isNameable(toName, column))
  if (isWhole && table.uniqueKey) return conditionOf(toName, key)
  const told = certainColumns(toName, id)
  const given = told.filter((column) => isGiven(table, column, row))
  const isKeyCertain = isKnownBy(key, told) && key.some((column) => isTelling(row[column]))
  for (const columns of [isKeyCertain ? key : [], given]) {
    if (columns.length > 0 && alike(toName, columns).length < 2) return conditionOf(toName, columns)
  }
  const equals = alike(toName, told)
  const condition = conditionOf(toName, told)
  if (equals.length < 2) return condition
  const among = `SELECT id FROM ${name(table.name)} WHERE ${condition} ORDER BY id OFFSET ${equals.indexOf(id)} LIMIT 1`
  return `id = (${among})`
}

/** `(SELECT id FROM vpc WHERE …)` */
export function idText(
  naming: Naming,
  table: string,
  id: number,
  within: readonly string[] = [],
): string | undefined {
  const spec = naming.lookup.get(table)
  const condition = spec && rowCondition(naming, spec, id, within)
  if (condition === undefined) return undefined
  return condition.startsWith('id = (')
    ? condition.slice('id = '.length)
    : `(SELECT id FROM ${name(table)} WHERE ${condition})`
}

/** Whether every row of it can be named without looking at the others. */
export const isNamedAlone = (table: TableSpec): boolean =>
  table.uniqueKey &&
  keyColumns(table).length > 0 &&
  keyColumns(table).every((column) => {
    const { required, default: standard } = table.columns[column] ?? {}
    return required || standard !== undefined
  })

const ofDefaultAccount = 'account_id = default_aws_account()'

const keyColumns = (table: TableSpec): readonly string[] =>
  table.naturalKey.every(
    (column) => table.columns[column]?.nature !== 'output' && !table.columns[column]?.secret,
  )
    ? table.naturalKey
    : []

/** Having no tags is no name: what else is without any where the statement is run nobody knows. */
const isTelling = (value: Row[string] | undefined): boolean => value != null && !isSame(value, {})

const isKnownBy = (key: readonly string[], told: readonly string[]): boolean =>
  key.length > 0 && key.every((column) => told.includes(column))

/** Neither null nor what it is without anybody having said so. */
const isGiven = (table: TableSpec, column: string, row: Row): boolean =>
  row[column] != null && !isSame(row[column], table.columns[column]?.default)

const placeOf = (table: TableSpec): readonly string[] => placeColumns(table)

const alike = ({ naming, table, row }: ToName, columns: readonly string[]): readonly number[] =>
  naming.replayed.alike(table.name, [...columns, ...placeOf(table)], row)

/** Not what refers to a row in whose name this one stands: the name would have no end. */
const isNameable = ({ table, row, within }: ToName, column: string): boolean =>
  !targetsOf(columnOf(table, column), row[column] ?? null).some((target) =>
    within.includes(resourceKey(target.table, target.id)),
  )

/** What the cloud has filled in may or may not be there where the statement is run. */
function certainColumns(toName: ToName, id: number): readonly string[] {
  const { table, naming, row } = toName
  const place = placeOf(table)
  const before = naming.actual.get(table.name, id)
  return toldColumns(table).filter(
    (column) =>
      !place.includes(column) &&
      isSame(before?.[column] ?? null, row[column] ?? null) &&
      isNameable(toName, column),
  )
}

function conditionOf({ naming, table, row, within }: ToName, columns: readonly string[]): string {
  const told = columns.map((column) => {
    const value = row[column] ?? null
    if (value === null) return `${name(column)} IS NULL`
    const text = valueText(columnOf(table, column), value, (other, id) => idText(naming, other, id, within))
    return `${name(column)} = ${text}`
  })
  return [...told, ...placeCondition(naming, table, row)].join(' AND ') || 'true'
}

/** The account is named where it is another than the default: what is told of one account can be done in another. */
function placeCondition({ replayed }: Naming, table: TableSpec, row: Row): readonly string[] {
  const columns = placeOf(table)
  const isMany = replayed.all('aws_accounts').length > 1
  const account = isDefaultAccount(replayed, row)
    ? isMany
      ? [ofDefaultAccount]
      : []
    : [`account_id = ${quoted(String(row.account_id))}`]
  return [
    ...(columns.includes('account_id') ? account : []),
    ...(columns.includes('region') ? [`region = ${quoted(String(row.region))}`] : []),
  ]
}

export const isDefaultAccount = (rows: KnownRows, row: Row): boolean => {
  const found = rows.all('aws_accounts').find(({ is_default: isDefault }) => isDefault === true)
  return found === undefined || found.account_id === row.account_id
}
