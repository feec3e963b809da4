/** What to do about a constraint that a statement breaks: PostgreSQL names the constraint, this knows what it is for. */
import type { TableSpec } from '#engine/model/table.ts'
import type { TableLookup } from '#engine/plan/resource.ts'
import { type ForeignKey, foreignKeys } from './constraints.ts'
import { checkName, columnCheckName } from './table-sql.ts'

interface Violation {
  readonly sqlstate: string
  readonly message: string
}

/** PostgreSQL cuts longer names. */
const nameLength = 63

const checkPattern = /relation "([^"]+)" violates check constraint "([^"]+)"/
const keyPattern =
  /^(insert or update|update or delete) on table "([^"]+)" violates (?:foreign key|RESTRICT setting of foreign key) constraint "([^"]+)"(?: on table "([^"]+)")?/

/** Rows that name no account go to the default one. */
const noAccountHint =
  "There is no default account: an owner links one by iasql_account_link(), or SELECT default_aws_account('…') chooses one of several."

/** Undefined for what is no constraint of a managed table. */
export function violationHint({ sqlstate, message }: Violation, lookup: TableLookup): string | undefined {
  if (sqlstate === '23514') {
    const [, table = '', constraint = ''] = checkPattern.exec(message) ?? []
    const spec = lookup.get(table)
    return spec && checkHint(spec, constraint)
  }
  if (sqlstate === '23503') {
    const [, verb, table = '', constraint = '', referring] = keyPattern.exec(message) ?? []
    const spec = lookup.get(referring ?? table)
    return spec && keyHint(spec, constraint, { lookup, isGoing: verb === 'update or delete' })
  }
  if (sqlstate === '23502' && message.startsWith('null value in column "account_id"')) return noAccountHint
  return sqlstate === '22P02' && message.startsWith('invalid input syntax for type inet')
    ? 'A network is written as its first address and the length of its prefix, such as 10.0.0.0/16.'
    : undefined
}

/** The reference that an INSERT or UPDATE breaks, where both ends lie in one place. */
export function brokenReference(
  { sqlstate, message }: Violation,
  lookup: TableLookup,
): ForeignKey | undefined {
  if (sqlstate !== '23503') return undefined
  const [, verb, table = '', constraint = ''] = keyPattern.exec(message) ?? []
  const spec = verb === 'insert or update' ? lookup.get(table) : undefined
  const key = spec && foreignKeys(spec, lookup).find(({ name }) => isNamed(name, constraint))
  return key && key.columns.length > 1 ? key : undefined
}

const isNamed = (name: string, constraint: string): boolean => name.slice(0, nameLength) === constraint

function checkHint(table: TableSpec, constraint: string): string | undefined {
  const own = table.checks.find(({ message }) => isNamed(checkName(table, message), constraint))
  if (own) return `Of ${table.name} this must hold: ${own.message}.`
  const found = Object.entries(table.columns).find(([name]) =>
    isNamed(columnCheckName(table, name), constraint),
  )
  if (!found) return undefined
  const [name, { description, check = '' }] = found
  return `${name} of ${table.name}: ${description} It must satisfy: ${check.replaceAll(/\s+/g, ' ')}`
}

function keyHint(
  table: TableSpec,
  constraint: string,
  { lookup, isGoing }: { readonly lookup: TableLookup; readonly isGoing: boolean },
): string | undefined {
  const key = foreignKeys(table, lookup).find(({ name }) => isNamed(name, constraint))
  if (!key) return undefined
  const { target, column } = key
  if (isGoing) {
    return (
      `Rows of ${table.name} still refer to it by ${column}: delete those too, before it or in the same transaction, ` +
      `or point them at another ${target} first.`
    )
  }
  const by = table.columns[column]?.reference?.by ?? column
  const place = key.columns.length > 1 ? ` in the same ${key.columns.slice(0, -1).join(' and ')}` : ''
  return `${column} of ${table.name} is the ${by} of a row of ${target}${place}: SELECT ${by} FROM ${target} lists them.`
}
