/** Keys between tables: unique ones, foreign ones within one place, and the indexes that deletes need. */
import type { Reference } from '#engine/model/column.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { type TableLookup, unqualified } from '#engine/plan/resource.ts'
import { columnList, identifier, inSchema, placeColumns, type TenantNames } from './sql-text.ts'

/**
 * The natural key is not deferrable: ON CONFLICT and foreign keys by name both refuse a deferrable one.
 * https://www.postgresql.org/docs/17/sql-createtable.html
 */
export function uniqueSql(names: TenantNames, table: TableSpec): readonly string[] {
  const place = placeColumns(table)
  // The place comes last: led by it, an index passes for selective in a table without statistics, and every row of
  // the place is searched for each deleted one.
  const keys: (readonly string[])[] = place.length > 0 ? [['id', ...place]] : []
  if (table.uniqueKey) keys.push([...table.naturalKey, ...place])
  return keys.map(
    (columns, index) =>
      `ALTER TABLE ${inSchema(names, table.name)} ADD CONSTRAINT ` +
      `${identifier(`${table.name}_${index === 0 && place.length > 0 ? 'place' : 'natural'}_key`)} ` +
      `UNIQUE ${table.nullsAlike ? 'NULLS NOT DISTINCT ' : ''}(${columnList(columns)})`,
  )
}

export interface ForeignKey {
  readonly name: string
  /** Of the row itself, the one that says what it refers to; the others are its place. */
  readonly column: string
  readonly columns: readonly string[]
  readonly target: string
  readonly targetColumns: readonly string[]
}

export function foreignKeySql(names: TenantNames, table: TableSpec, lookup: TableLookup): readonly string[] {
  return foreignKeys(table, lookup).map(
    ({ name, columns, target, targetColumns }) =>
      `ALTER TABLE ${inSchema(names, table.name)} ADD CONSTRAINT ${identifier(name)} ` +
      `FOREIGN KEY (${columnList(columns)}) REFERENCES ${inSchema(names, target)} (${columnList(targetColumns)}) ` +
      'ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED',
  )
}

export const dropForeignKeySql = (
  names: TenantNames,
  table: TableSpec,
  lookup: TableLookup,
): readonly string[] =>
  foreignKeys(table, lookup).map(
    ({ name }) => `ALTER TABLE ${inSchema(names, table.name)} DROP CONSTRAINT ${identifier(name)}`,
  )

export const indexSql = (names: TenantNames, table: TableSpec): readonly string[] =>
  referenceColumns(table).map(([name]) => {
    const columns = [name, ...placeColumns(table)].map(identifier)
    return `CREATE INDEX ON ${inSchema(names, table.name)} (${columns.join(', ')})`
  })

export const referenceColumns = (table: TableSpec): readonly (readonly [string, Reference])[] =>
  Object.entries(table.columns).flatMap(([name, { reference }]) =>
    reference ? [[name, reference] as const] : [],
  )

export function foreignKeys(table: TableSpec, lookup: TableLookup): readonly ForeignKey[] {
  const own = placeColumns(table)
  const places = [
    { column: 'account_id', target: 'aws_accounts' },
    { column: 'region', target: 'aws_regions' },
  ]
  return [
    ...places.flatMap(({ column, target }) =>
      own.includes(column)
        ? [
            {
              name: `${table.name}_${column}_fkey`,
              column,
              columns: [column],
              target,
              targetColumns: [column],
            },
          ]
        : [],
    ),
    ...referenceColumns(table).map(([column, reference]) => referenceKey(table, column, reference, lookup)),
  ]
}

/** Both ends lie in one account and region as far as both have one. */
function referenceKey(
  table: TableSpec,
  column: string,
  reference: Reference,
  lookup: TableLookup,
): ForeignKey {
  const target = lookup.get(unqualified(reference.table))
  if (!target)
    throw new TypeError(`${table.name}.${column} refers to ${reference.table}, which no module has`)
  const own = placeColumns(table)
  const theirs = placeColumns(target)
  const shared = theirs.every((name) => own.includes(name)) ? theirs : []
  return {
    name: `${table.name}_${column}_fkey`,
    column,
    columns: [...shared, column],
    target: target.name,
    targetColumns: [...shared, reference.by],
  }
}
