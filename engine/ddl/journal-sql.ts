/** The journal of user edits: one row for each row a statement really changed, written with the owner's rights. */
import type { TableSpec } from '#engine/model/table.ts'
import {
  byTenant,
  identifier,
  inSchema,
  literal,
  placeColumns,
  type TenantNames,
  triggerFunctionSql,
} from './sql-text.ts'

export const journalName = (table: TableSpec): string => `iasql_journal_${table.name}`

/** Statement triggers with transition tables: an INSERT of 10,000 rows costs one more INSERT, not 10,000 calls. */
export function journalSql(names: TenantNames, table: TableSpec): readonly string[] {
  const name = inSchema(names, table.name)
  const call = `FOR EACH STATEMENT WHEN (${byTenant}) EXECUTE FUNCTION ${inSchema(names, journalName(table))}()`
  return [
    ...triggerFunctionSql(names, { name: journalName(table), body: journalBody(names, table) }),
    `CREATE TRIGGER iasql_journal_insert AFTER INSERT ON ${name} REFERENCING NEW TABLE AS new_rows ${call}`,
    `CREATE TRIGGER iasql_journal_update AFTER UPDATE ON ${name} ` +
      `REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows ${call}`,
    `CREATE TRIGGER iasql_journal_delete AFTER DELETE ON ${name} REFERENCING OLD TABLE AS old_rows ${call}`,
  ]
}

function journalBody(names: TenantNames, table: TableSpec): string {
  const edit = inSchema(names, 'iasql_edit')
  const into = `INSERT INTO ${edit} (table_name, row_id, op, xid, at, login, companion)`
  const who = 'pg_current_xact_id(), clock_timestamp(), CAST(session_user AS text)'
  const table_ = literal(table.name)
  return `  IF TG_OP = 'INSERT' THEN
    ${into} SELECT ${table_}, n.id, 'I', ${who}, false FROM new_rows n;
  ELSIF TG_OP = 'UPDATE' THEN
    ${into} SELECT ${table_}, n.id, 'U', ${who}, false FROM old_rows o JOIN new_rows n ON n.id = o.id
      WHERE ${changedCondition(table)};
  ELSE
    ${into} SELECT ${table_}, o.id, 'D', ${who}, r.companion_of IS NOT NULL FROM old_rows o
      LEFT JOIN ${inSchema(names, 'iasql_resource')} r ON r.table_name = ${table_} AND r.row_id = o.id;
  END IF;
  RETURN NULL;`
}

function changedCondition(table: TableSpec): string {
  const declared = Object.entries(table.columns).filter(([, column]) => column.nature !== 'local')
  const columns = [...declared.map(([name]) => name), ...placeColumns(table)]
  if (columns.length === 0) return 'false'
  const list = (alias: string) => columns.map((column) => `${alias}.${identifier(column)}`).join(', ')
  return `(${list('o')}) IS DISTINCT FROM (${list('n')})`
}
