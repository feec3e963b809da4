/** A value that no call to AWS could carry is refused at the statement, so that no apply has to deal with it. */
import type { TableSpec } from '#engine/model/table.ts'
import { byTenant, identifier, inSchema, literal, type TenantNames, triggerFunctionSql } from './sql-text.ts'

export const sizeName = (table: TableSpec): string => `iasql_size_${table.name}`

/** Bytes of one value as text. */
const mostBytes = 256 * 1024
/** What is stored in fewer is no longer as text, even if it is compressed: most values are never made into text here. */
const surelyShort = 1_000

export function sizeSql(names: TenantNames, table: TableSpec): readonly string[] {
  if (table.access === 'read') return []
  const columns = Object.entries(table.columns).flatMap(([name, { nature, secret, content, sqlType }]) =>
    nature !== 'output' && !secret && !content && (sqlType === 'text' || sqlType === 'jsonb') ? [name] : [],
  )
  if (columns.length === 0) return []
  const isLong = (name: string): string => `pg_column_size(NEW.${identifier(name)}) > ${surelyShort}`
  const body = columns.map(
    (
      name,
    ) => `  IF ${isLong(name)} AND octet_length(CAST(NEW.${identifier(name)} AS text)) > ${mostBytes} THEN
    RAISE EXCEPTION USING ERRCODE = '54000', COLUMN = ${literal(name)},
      MESSAGE = ${literal(`${name} of ${table.name} is larger than ${mostBytes / 1024} KiB`)},
      HINT = 'No call to AWS carries that much in one value: make it shorter, or keep it elsewhere and refer to it.';
  END IF;`,
  )
  return [
    ...triggerFunctionSql(names, { name: sizeName(table), body: [...body, '  RETURN NEW;'].join('\n') }),
    `CREATE TRIGGER iasql_size BEFORE INSERT OR UPDATE ON ${inSchema(names, table.name)} FOR EACH ROW ` +
      `WHEN (${byTenant} AND (${columns.map(isLong).join(' OR ')})) EXECUTE FUNCTION ${inSchema(names, sizeName(table))}()`,
  ]
}
