/** References written by hand into text and json, such as `${queue(1).arn}`, are checked at the statement like those of `iasql_ref`. */
import type { TableSpec } from '#engine/model/table.ts'
import { byTenant, identifier, inSchema, literal, type TenantNames, triggerFunctionSql } from './sql-text.ts'

export const expressionName = (table: TableSpec): string => `iasql_expression_${table.name}`

const pattern = String.raw`\$\{([a-z_][a-z0-9_]*)\((\d{1,15})\)\.([a-z_][a-z0-9_]*)\}`

/** After the row, so that a row may refer to itself; values without `${` cost a search in their text and no call. */
export function expressionSql(names: TenantNames, table: TableSpec): readonly string[] {
  const columns = Object.entries(table.columns).flatMap(([name, { nature, reference, sqlType }]) =>
    nature === 'argument' && !reference && (sqlType === 'text' || sqlType === 'jsonb') ? [name] : [],
  )
  if (columns.length === 0 || table.access === 'read') return []
  const name = inSchema(names, table.name)
  const call = `EXECUTE FUNCTION ${inSchema(names, expressionName(table))}()`
  const holds = (column: string) => `position('\${' in CAST(NEW.${identifier(column)} AS text)) > 0`
  const changed = (column: string) =>
    `(NEW.${identifier(column)} IS DISTINCT FROM OLD.${identifier(column)} AND ${holds(column)})`
  const when = (condition: (column: string) => string) =>
    `FOR EACH ROW WHEN (${byTenant} AND (${columns.map(condition).join(' OR ')})) ${call}`
  const body = columns.map((column) => checkSql(names, table, column)).join('\n')
  return [
    ...triggerFunctionSql(names, {
      name: expressionName(table),
      declarations: ['found text[];'],
      body: `${body}\n  RETURN NULL;`,
    }),
    `CREATE TRIGGER iasql_expression_insert AFTER INSERT ON ${name} ${when(holds)}`,
    `CREATE TRIGGER iasql_expression_update AFTER UPDATE ON ${name} ${when(changed)}`,
  ]
}

/** Keys of objects are plain text, as for the engine. */
function checkSql(names: TenantNames, table: TableSpec, column: string): string {
  const value = `NEW.${identifier(column)}`
  const check = `PERFORM ${inSchema(names, 'iasql_ref')}(found[1], CAST(found[2] AS bigint), found[3]);`
  return `  IF TG_OP = 'INSERT' OR ${value} IS DISTINCT FROM OLD.${identifier(column)} THEN
    FOR found IN SELECT DISTINCT m FROM jsonb_path_query(to_jsonb(${value}), '$.**') s,
        regexp_matches(s #>> '{}', ${literal(pattern)}, 'g') m WHERE jsonb_typeof(s) = 'string' LOOP
      BEGIN
        ${check}
      EXCEPTION WHEN undefined_table OR undefined_column OR no_data_found THEN
        RAISE EXCEPTION USING ERRCODE = '22023', COLUMN = ${literal(column)},
          MESSAGE = format('%s of %s refers to \${%s(%s).%s}, but %s', ${literal(column)}, ${literal(table.name)},
            found[1], found[2], found[3], SQLERRM),
          HINT = format('iasql_ref(%L, id, %L) writes a reference to a row that exists.', found[1], found[3]);
      END;
    END LOOP;
  END IF;`
}
