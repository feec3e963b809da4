/** Content columns hold digests: what a statement gives is kept by its digest before its row is. */
import type { TableSpec } from '#engine/model/table.ts'
import { byTenant, identifier, inSchema, literal, type TenantNames, triggerFunctionSql } from './sql-text.ts'

export const contentName = (table: TableSpec): string => `iasql_content_${table.name}`

/** The catalog tells content columns by the names of their constraints. */
export const contentCheckSql = (table: Pick<TableSpec, 'name'>, column: string): string =>
  `CONSTRAINT ${identifier(`${table.name}_${column}_content`)} CHECK (${identifier(column)} ~ '^sha256:[0-9a-f]{64}$')`

/** Before each row is stored; what the engine writes holds digests already. */
export function contentSql(names: TenantNames, table: TableSpec): readonly string[] {
  const columns = Object.entries(table.columns).flatMap(([name, { content }]) => (content ? [name] : []))
  if (columns.length === 0) return []
  const name = inSchema(names, table.name)
  const call = `EXECUTE FUNCTION ${inSchema(names, contentName(table))}()`
  const isOther = (column: string) => `NEW.${identifier(column)} IS DISTINCT FROM OLD.${identifier(column)}`
  const body = columns.map(
    (column) => `  IF NEW.${identifier(column)} IS NOT NULL AND (TG_OP = 'INSERT' OR ${isOther(column)}) THEN
    NEW.${identifier(column)} = ${inSchema(names, 'iasql_keep_content')}(${literal(table.name)}, ${literal(column)},
      NEW.${identifier(column)});
  END IF;`,
  )
  return [
    ...triggerFunctionSql(names, {
      name: contentName(table),
      body: [...body, '  RETURN NEW;'].join('\n'),
    }),
    `CREATE TRIGGER iasql_content_insert BEFORE INSERT ON ${name} FOR EACH ROW WHEN (${byTenant}) ${call}`,
    `CREATE TRIGGER iasql_content_update BEFORE UPDATE ON ${name} FOR EACH ROW ` +
      `WHEN (${byTenant} AND (${columns.map(isOther).join(' OR ')})) ${call}`,
  ]
}
