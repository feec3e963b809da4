/** Companions that may go while their parent stands: a DELETE takes such a row alone, and leaves it beside others. */
import type { TableSpec } from '#engine/model/table.ts'
import { unqualified } from '#engine/plan/resource.ts'
import { byTenant, inSchema, literal, noticeSql, type TenantNames, triggerFunctionSql } from './sql-text.ts'

export const leftName = (table: TableSpec): string => `iasql_left_${table.name}`

/** What a statement has left so far, and the one row that is let go; nobody but the statement's own user could say otherwise. */
const settingOf = (what: 'left' | 'taken', table: TableSpec): string => literal(`iasql.${what}_${table.name}`)

export const removableParents = (table: TableSpec): readonly string[] => [
  ...new Set(table.createdWith.flatMap(({ parent, removable }) => (removable ? [unqualified(parent)] : []))),
]

/** Part of the trigger before each DELETE: how many more rows the statement will end, nobody can tell yet. */
export function leavingSql(names: TenantNames, table: TableSpec): string {
  const parents = removableParents(table)
  if (parents.length === 0) return ''
  const [left, taken] = [settingOf('left', table), settingOf('taken', table)]
  return `  IF TG_OP = 'DELETE' AND current_setting(${taken}, true) IS DISTINCT FROM CAST(OLD.id AS text)
    AND ${standingSql(names, table, 'OLD')} THEN
    PERFORM set_config(${left}, concat_ws(' ', nullif(current_setting(${left}, true), ''), OLD.id), true);
    RETURN NULL;
  END IF;`
}

/** Whether AWS made this row with a parent that is still there. */
export function standingSql(names: TenantNames, table: TableSpec, row: string): string {
  const resource = inSchema(names, 'iasql_resource')
  const stands = removableParents(table).map(
    (parent) =>
      `(p.table_name = ${literal(parent)} AND EXISTS (SELECT FROM ${inSchema(names, parent)} x WHERE x.id = p.row_id))`,
  )
  return `EXISTS (SELECT FROM ${resource} c JOIN ${resource} p ON p.resource_id = c.companion_of
      WHERE c.table_name = ${literal(table.name)} AND c.row_id = ${row}.id AND (${stands.join(' OR ') || 'false'}))`
}

/** After the statement: the only row it named goes after all; else the user is told what was left. */
export function leftSql(names: TenantNames, table: TableSpec): readonly string[] {
  const parents = removableParents(table)
  if (parents.length === 0) return []
  const name = inSchema(names, table.name)
  const [left, taken] = [settingOf('left', table), settingOf('taken', table)]
  const made = `${table.name}: AWS made it with its ${parents.join(' or ')}`
  const body = `  kept = string_to_array(nullif(current_setting(${left}, true), ''), ' ');
  IF kept IS NULL THEN RETURN NULL; END IF;
  PERFORM set_config(${left}, '', true);
  IF cardinality(kept) = 1 AND NOT EXISTS (SELECT FROM old_rows) THEN
    PERFORM set_config(${taken}, kept[1], true);
    DELETE FROM ${name} d WHERE d.id = CAST(kept[1] AS bigint);
    PERFORM set_config(${taken}, '', true);
    ${noticeSql(names, literal(`${made}, and it was deleted by itself`), `'The next apply takes it away, though the statement says DELETE 0.'`)}
  ELSE
    ${noticeSql(names, literal(`${made}, and a DELETE of several rows leaves it`), `format(${literal(`The row was left as it is; DELETE FROM ${table.name} WHERE id = %s takes it by itself.`)}, kept[1])`)}
  END IF;
  RETURN NULL;`
  return [
    ...triggerFunctionSql(names, { name: leftName(table), declarations: ['kept text[];'], body }),
    `CREATE TRIGGER iasql_left AFTER DELETE ON ${name} REFERENCING OLD TABLE AS old_rows ` +
      `FOR EACH STATEMENT WHEN (${byTenant}) EXECUTE FUNCTION ${inSchema(names, leftName(table))}()`,
  ]
}
