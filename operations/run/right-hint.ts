/** What to do instead, where a right to a table is refused: PostgreSQL says no more than which table. */
import type { DatabaseErrorFields } from '#postgres/database-error.ts'
import type { OpenRun } from './open-run.ts'

/** Not what a function does that the statement calls. */
const reads = (text: string, table: string): boolean =>
  /^\s*(SELECT|TABLE)\b/i.test(text) &&
  new RegExp(`\\b(FROM|JOIN|TABLE)\\s+(\\w+\\.)?${table}\\b`, 'i').test(text) &&
  !/\bFOR\s+(NO\s+KEY\s+|KEY\s+)?(UPDATE|SHARE)\b/i.test(text)

/** Which of the reasons there are: what is internal or was kept back, the login reads only, the verb, or the table. */
export function rightHint(
  { claimed, tenant }: OpenRun,
  { message, sqlstate }: DatabaseErrorFields,
  text: string,
): string | undefined {
  const table = /^permission denied for table (\w+)/.exec(message)?.[1]
  if (sqlstate !== '42501' || !table) return undefined
  if (reads(text, table))
    return table.startsWith('iasql_')
      ? `${table} is for iasql alone; docs/sql.md lists what can be read.`
      : `It is kept from readers; an editor can let them in: GRANT SELECT ON ${table} TO ${tenant.readerRole}`
  if (claimed.role === 'viewer') return 'Your role may only read; ask an owner for the role editor.'
  if (/^\s*TRUNCATE\b/i.test(text)) return `DELETE FROM ${table} says row by row what is to go.`
  if (/^\s*(CREATE|ALTER)\s.*\bREFERENCES\b/is.test(text))
    return `No foreign key of yours can refer to ${table}: keep the id of its row in a plain column, and join by it.`
  return `The rows of ${table} are made by AWS or by iasql itself; they are only read here.`
}
