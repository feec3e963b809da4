/** The audit log of a table: every row that a statement really changed, before and after, whoever changed it. */
import type { TableSpec } from '#engine/model/table.ts'
import { removableParents, standingSql } from './left-companions-sql.ts'
import { byTenant, inSchema, literal, type TenantNames, triggerFunctionSql } from './sql-text.ts'

export const auditName = (table: Pick<TableSpec, 'name'>): string => `iasql_audit_${table.name}`

/**
 * Statement triggers with transition tables, as the journal's, with which they share them. Their names come before the
 * others', so that a row is in the log before what triggers do because of it.
 */
export function auditSql(names: TenantNames, table: TableSpec): readonly string[] {
  const name = inSchema(names, table.name)
  const call = `FOR EACH STATEMENT EXECUTE FUNCTION ${inSchema(names, auditName(table))}()`
  return [
    ...triggerFunctionSql(names, {
      name: auditName(table),
      declarations: [declaredAuthor],
      settings,
      body: auditBody(names, table),
    }),
    `CREATE TRIGGER iasql_audit_insert AFTER INSERT ON ${name} REFERENCING NEW TABLE AS new_rows ${call}`,
    `CREATE TRIGGER iasql_audit_update AFTER UPDATE ON ${name} ` +
      `REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows ${call}`,
    `CREATE TRIGGER iasql_audit_delete AFTER DELETE ON ${name} REFERENCING OLD TABLE AS old_rows ${call}`,
  ]
}

/** What the log says of rows that came or went without anybody having asked for it. */
export const alongMessages = { parent: 'with its parent', table: 'with its table' } as const

/** Times and numbers are written whole and alike, whoever made the edit. */
const settings = ["timezone = 'UTC'", 'extra_float_digits = 1']

/** A tenant may set the same setting, so it counts only under the engine's own login. */
const declaredAuthor = `author jsonb = CASE WHEN NOT (${byTenant}) THEN CAST(nullif(current_setting('iasql.author', true), '') AS jsonb) END;`

const authorColumns = 'by_engine, actor, execution_id'
const authorValues = `NOT (${byTenant}), author ->> 'actor', CAST(author ->> 'executionId' AS bigint)`

const along = `CASE WHEN r.companion_of IS NOT NULL THEN ${literal(alongMessages.parent)} END`

/** One that went while its parent stands was deleted by somebody. */
const wentAlong = (names: TenantNames, table: TableSpec): string =>
  removableParents(table).length === 0
    ? along
    : `CASE WHEN r.companion_of IS NOT NULL AND NOT ${standingSql(names, table, 'o')} THEN ${literal(alongMessages.parent)} END`

function auditBody(names: TenantNames, table: TableSpec): string {
  const into = (columns: string) =>
    `INSERT INTO ${inSchema(names, 'iasql_audit')} (table_name, change_type, row_id, ${columns}, ${authorColumns})`
  const name = literal(table.name)
  const record = (row: string) =>
    `LEFT JOIN ${inSchema(names, 'iasql_resource')} r ON r.table_name = ${name} AND r.row_id = ${row}.id`
  return `  IF TG_OP = 'INSERT' AND ${byTenant} THEN
    ${into('change')}
      SELECT ${name}, 'INSERT', n.id, to_jsonb(n.*), ${authorValues} FROM new_rows n;
  ELSIF TG_OP = 'INSERT' THEN
    ${into('change, message')}
      SELECT ${name}, 'INSERT', n.id, to_jsonb(n.*), ${along}, ${authorValues} FROM new_rows n ${record('n')};
  ELSIF TG_OP = 'UPDATE' THEN
    ${into('original, change')}
      SELECT ${name}, 'UPDATE', n.id, to_jsonb(o.*), to_jsonb(n.*), ${authorValues}
      FROM old_rows o JOIN new_rows n ON n.id = o.id WHERE (o.*) IS DISTINCT FROM (n.*);
  ELSE
    ${into('original, message')}
      SELECT ${name}, 'DELETE', o.id, to_jsonb(o.*), ${wentAlong(names, table)}, ${authorValues} FROM old_rows o ${record('o')};
  END IF;
  RETURN NULL;`
}

/** Of a table that is no resource type and has no row ids; the log calls it `told`. */
export function auditSmallTableSql(names: TenantNames, name: string, told = name): readonly string[] {
  const body = `  IF TG_OP <> 'UPDATE' OR (OLD.*) IS DISTINCT FROM (NEW.*) THEN
    INSERT INTO ${inSchema(names, 'iasql_audit')} (table_name, change_type, original, change, ${authorColumns})
      VALUES (${literal(told)}, TG_OP, CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD.*) END,
        CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW.*) END, ${authorValues});
  END IF;
  RETURN NULL;`
  return [
    ...triggerFunctionSql(names, {
      name: auditName({ name }),
      declarations: [declaredAuthor],
      settings,
      body,
    }),
    `CREATE TRIGGER iasql_audit AFTER INSERT OR UPDATE OR DELETE ON ${inSchema(names, name)} ` +
      `FOR EACH ROW EXECUTE FUNCTION ${inSchema(names, auditName({ name }))}()`,
  ]
}

/** Rows of tables that are about to be dropped, so that the log stays the sum of its changes. */
export const auditDroppedSql = (names: Pick<TenantNames, 'schema'>, table: string): string =>
  `INSERT INTO ${inSchema(names, 'iasql_audit')} (table_name, change_type, row_id, original, message, by_engine)
   SELECT ${literal(table)}, 'DELETE', o.id, to_jsonb(o.*), ${literal(alongMessages.table)}, true FROM ${inSchema(names, table)} o`
