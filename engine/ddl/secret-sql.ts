/** Secret columns are write-only: a value is encrypted before its row is, and the row holds a marker of it. */
import { secretMarker } from '#engine/columns/secret-marker.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { byTenant, identifier, inSchema, literal, type TenantNames, triggerFunctionSql } from './sql-text.ts'

export const secretName = (table: TableSpec): string => `iasql_secret_${table.name}`

/** Says in the catalog that the column is one, and that nothing but a marker is ever stored. */
export const secretCheckName = (table: Pick<TableSpec, 'name'>, column: string): string =>
  `${table.name}_${column}_secret`

export const secretCheckSql = (table: Pick<TableSpec, 'name'>, column: string): string =>
  `CONSTRAINT ${identifier(secretCheckName(table, column))} CHECK (${identifier(column)} ~ '${secretMarker}')`

/** Before each row is stored; what the engine writes holds markers already. */
export function secretSql(names: TenantNames, table: TableSpec): readonly string[] {
  const columns = Object.entries(table.columns).filter(([, column]) => column.secret)
  if (columns.length === 0) return []
  const name = inSchema(names, table.name)
  const call = `EXECUTE FUNCTION ${inSchema(names, secretName(table))}()`
  const isOther = (column: string) => `NEW.${identifier(column)} IS DISTINCT FROM OLD.${identifier(column)}`
  const body = columns.map(([column, { required, check }]) =>
    [
      required ? requiredSql(table, column) : '',
      `  IF NEW.${identifier(column)} IS NOT NULL AND (TG_OP = 'INSERT' OR ${isOther(column)}) THEN`,
      check ? checkSql(table, column, check) : '',
      `    NEW.${identifier(column)} = ${inSchema(names, 'iasql_keep_secret')}(${literal(table.name)}, NEW.id,
      ${literal(column)}, NEW.${identifier(column)});`,
      '  END IF;',
    ]
      .filter((line) => line !== '')
      .join('\n'),
  )
  return [
    ...triggerFunctionSql(names, {
      name: secretName(table),
      body: [...body, '  RETURN NEW;'].join('\n'),
    }),
    `CREATE TRIGGER iasql_secret_insert BEFORE INSERT ON ${name} FOR EACH ROW WHEN (${byTenant}) ${call}`,
    `CREATE TRIGGER iasql_secret_update BEFORE UPDATE ON ${name} FOR EACH ROW ` +
      `WHEN (${byTenant} AND (${columns.map(([column]) => isOther(column)).join(' OR ')})) ${call}`,
  ]
}

/** What is imported has none, so it is not the column's own NOT NULL. */
const requiredSql = (table: TableSpec, column: string): string => `  IF TG_OP = 'INSERT' AND NEW.${identifier(
  column,
)} IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = '23502', COLUMN = ${literal(column)},
      MESSAGE = ${literal(`${column} of ${table.name} must be given`)},
      HINT = 'It is written once and never shown again.';
  END IF;`

/** As a constraint it would see the marker; and PostgreSQL would show the row that fails. */
const checkSql = (
  table: TableSpec,
  column: string,
  check: string,
): string => `    IF NEW.${identifier(column)} !~ '${secretMarker}'
      AND EXISTS (SELECT FROM (SELECT NEW.*) AS ${identifier(table.name)} WHERE NOT (${check})) THEN
      RAISE EXCEPTION USING ERRCODE = '23514', COLUMN = ${literal(column)},
        MESSAGE = ${literal(`${column} of ${table.name} is not of the form that AWS takes`)},
        HINT = ${literal(`It must satisfy ${check}.`)};
    END IF;`
