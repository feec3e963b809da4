/**
 * References written into text and json, such as `${queue(1).arn}`: checked at the statement like those of `iasql_ref`,
 * and kept in `iasql_expression`, so that a row that others refer to stays and its changes reach them.
 */
import type { TableSpec } from '#engine/model/table.ts'
import { byTenant, identifier, inSchema, literal, type TenantNames, triggerFunctionSql } from './sql-text.ts'

export const expressionName = (table: TableSpec): string => `iasql_expression_${table.name}`
export const expressedName = (table: TableSpec): string => `iasql_expressed_${table.name}`

const pattern = String.raw`\$\{([a-z_][a-z0-9_]*)\((\d{1,15})\)\.([a-z_][a-z0-9_]*)\}`

const expressionColumns = (table: TableSpec): readonly string[] =>
  Object.entries(table.columns).flatMap(([name, { nature, reference, secret, content, sqlType }]) =>
    nature === 'argument' && !reference && !secret && !content && (sqlType === 'text' || sqlType === 'jsonb')
      ? [name]
      : [],
  )

/** After the row, so that a row may refer to itself; values without `${` cost a search in their text and no call. */
export function expressionSql(names: TenantNames, table: TableSpec): readonly string[] {
  if (table.access === 'read') return []
  return [...writtenSql(names, table), ...expressedSql(names, table)]
}

function writtenSql(names: TenantNames, table: TableSpec): readonly string[] {
  const columns = expressionColumns(table)
  if (columns.length === 0) return []
  const name = inSchema(names, table.name)
  const call = `EXECUTE FUNCTION ${inSchema(names, expressionName(table))}()`
  const holds = (row: 'NEW' | 'OLD', column: string) =>
    `position('\${' in CAST(${row}.${identifier(column)} AS text)) > 0`
  const changed = (column: string) =>
    `(NEW.${identifier(column)} IS DISTINCT FROM OLD.${identifier(column)} AND (${holds('NEW', column)} OR ${holds('OLD', column)}))`
  const when = (condition: (column: string) => string) =>
    `FOR EACH ROW WHEN (${columns.map(condition).join(' OR ')}) ${call}`
  const body = columns.map((column) => noteSql(names, table, column)).join('\n')
  return [
    ...triggerFunctionSql(names, {
      name: expressionName(table),
      declarations: ['found text[]; held bigint;'],
      body: `${body}\n  RETURN NULL;`,
    }),
    `CREATE TRIGGER iasql_expression_insert AFTER INSERT ON ${name} ${when((column) => holds('NEW', column))}`,
    `CREATE TRIGGER iasql_expression_update AFTER UPDATE ON ${name} ${when(changed)}`,
  ]
}

/** Keys of objects are plain text, as for the engine. */
function noteSql(names: TenantNames, table: TableSpec, column: string): string {
  const value = `NEW.${identifier(column)}`
  const expressions = inSchema(names, 'iasql_expression')
  return `  IF TG_OP = 'INSERT' OR ${value} IS DISTINCT FROM OLD.${identifier(column)} THEN
    DELETE FROM ${expressions} x
      WHERE x.table_name = ${literal(table.name)} AND x.row_id = NEW.id AND x.column_name = ${literal(column)};
    FOR found IN SELECT DISTINCT m FROM jsonb_path_query(to_jsonb(${value}), '$.**') s,
        regexp_matches(s #>> '{}', ${literal(pattern)}, 'g') m WHERE jsonb_typeof(s) = 'string' LOOP
      IF ${byTenant} THEN
        ${checkSql(names, table, column)}
      END IF;
      INSERT INTO ${expressions} (table_name, row_id, column_name, target_table, target_id, target_column)
        VALUES (${literal(table.name)}, NEW.id, ${literal(column)}, found[1], CAST(found[2] AS bigint), found[3]);
    END LOOP;
  END IF;`
}

/** Locked like the target of a foreign key: nobody may delete it meanwhile. */
const checkSql = (names: TenantNames, table: TableSpec, column: string): string => `BEGIN
          PERFORM ${inSchema(names, 'iasql_ref')}(found[1], CAST(found[2] AS bigint), found[3]);
          EXECUTE format('SELECT FROM %I.%I t WHERE t.id = $1 FOR KEY SHARE', ${literal(names.schema)}, found[1])
            USING CAST(found[2] AS bigint);
          GET DIAGNOSTICS held = ROW_COUNT;
          IF held = 0 THEN
            RAISE EXCEPTION USING ERRCODE = 'P0002', MESSAGE = format('%s has no row %s', found[1], found[2]);
          END IF;
        EXCEPTION WHEN undefined_table OR undefined_column OR no_data_found THEN
          RAISE EXCEPTION USING ERRCODE = '22023', COLUMN = ${literal(column)},
            MESSAGE = format('%s of %s refers to \${%s(%s).%s}, but %s', ${literal(column)}, ${literal(table.name)},
              found[1], found[2], found[3], SQLERRM),
            HINT = format('iasql_ref(%L, id, %L) writes a reference to a row that exists.', found[1], found[3]);
        END;`

/** Of the rows that others refer to: who refers to what changed is edited with it, and what is referred to stays. */
function expressedSql(names: TenantNames, table: TableSpec): readonly string[] {
  const name = inSchema(names, table.name)
  const expressions = inSchema(names, 'iasql_expression')
  const own = literal(table.name)
  const body = `  IF NOT EXISTS (SELECT FROM ${expressions} x WHERE ${own} IN (x.table_name, x.target_table)) THEN
    RETURN NULL;
  END IF;
  IF TG_OP = 'DELETE' THEN
    DELETE FROM ${expressions} x USING old_rows o WHERE x.table_name = ${own} AND x.row_id = o.id;
    UPDATE ${expressions} x SET is_checked = true FROM old_rows o
      WHERE x.target_table = ${own} AND x.target_id = o.id AND ${byTenant};
  ELSE
    INSERT INTO ${inSchema(names, 'iasql_edit')} (table_name, row_id, op, xid, at, login, companion)
      SELECT DISTINCT x.table_name, x.row_id, CAST('U' AS "char"), pg_current_xact_id(), clock_timestamp(),
        CAST(session_user AS text), false
      FROM ${expressions} x JOIN new_rows n ON n.id = x.target_id JOIN old_rows o ON o.id = n.id
      WHERE x.target_table = ${own} AND (x.table_name <> ${own} OR x.row_id <> n.id)
        AND to_jsonb(o.*) -> x.target_column IS DISTINCT FROM to_jsonb(n.*) -> x.target_column;
  END IF;
  RETURN NULL;`
  const call = `EXECUTE FUNCTION ${inSchema(names, expressedName(table))}()`
  return [
    ...triggerFunctionSql(names, { name: expressedName(table), body }),
    `CREATE TRIGGER iasql_expressed_update AFTER UPDATE ON ${name} ` +
      `REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT WHEN (${byTenant}) ${call}`,
    `CREATE TRIGGER iasql_expressed_delete AFTER DELETE ON ${name} ` +
      `REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT ${call}`,
  ]
}
