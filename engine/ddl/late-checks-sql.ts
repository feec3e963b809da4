/** Checks that hold when a transaction ends: PostgreSQL defers triggers, and no CHECK. */
import type { TableSpec } from '#engine/model/table.ts'
import { inSchema, literal, type TenantNames, triggerFunctionSql } from './sql-text.ts'
import { checkName } from './table-sql.ts'

export const lateChecksName = (table: TableSpec): string => `iasql_late_checks_${table.name}`

export function lateChecksSql(names: TenantNames, table: TableSpec): readonly string[] {
  const late = table.checks.filter((check) => check.late)
  if (late.length === 0) return []
  const name = inSchema(names, table.name)
  // The row may have come to be another, or have gone, since the statement that is looked at.
  const bodies = late.map(
    ({ sql, message }) => `IF EXISTS (SELECT FROM ${name} t WHERE t.id = NEW.id AND NOT (${sql})) THEN
  RAISE EXCEPTION USING ERRCODE = '23514', TABLE = ${literal(table.name)}, CONSTRAINT = ${literal(checkName(table, message))},
    MESSAGE = ${literal(`new row for relation "${table.name}" violates check constraint "${checkName(table, message)}"`)};
END IF;`,
  )
  return [
    ...triggerFunctionSql(names, {
      name: lateChecksName(table),
      body: [...bodies, 'RETURN NULL;'].join('\n'),
    }),
    `CREATE CONSTRAINT TRIGGER iasql_late_checks AFTER INSERT OR UPDATE ON ${name} DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW EXECUTE FUNCTION ${inSchema(names, lateChecksName(table))}()`,
  ]
}
