/** What a statement may not do to a row: set outputs, change the id, or clear what AWS cannot clear. */
import type { Json } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import {
  byTenant,
  defaultLiteral,
  identifier,
  inSchema,
  literal,
  noticeSql,
  type TenantNames,
  triggerFunctionSql,
} from './sql-text.ts'

export const outputsName = (table: TableSpec): string => `iasql_outputs_${table.name}`
export const unspecifiedName = (table: TableSpec): string => `iasql_unspecified_${table.name}`
export const guardName = (table: TableSpec): string => `iasql_guard_${table.name}`

const columnsWhere = (table: TableSpec, isWanted: (column: TableSpec['columns'][string]) => boolean) =>
  Object.entries(table.columns).flatMap(([name, column]) => (isWanted(column) ? [name] : []))

const distinct = (name: string): string => `NEW.${identifier(name)} IS DISTINCT FROM OLD.${identifier(name)}`

/** Outputs are the cloud's: a value given at INSERT or UPDATE is put back, with a notice. */
export function outputsSql(names: TenantNames, table: TableSpec): readonly string[] {
  const outputs = columnsWhere(table, (column) => column.nature === 'output')
  if (outputs.length === 0 || table.access === 'read') return []
  const assign = (from: (name: string) => string) =>
    outputs.map((name) => `NEW.${identifier(name)} = ${from(name)};`).join(' ')
  const name = inSchema(names, table.name)
  const call = `EXECUTE FUNCTION ${inSchema(names, outputsName(table))}()`
  const named = (condition: (name: string) => string) =>
    `pg_catalog.concat_ws(', ', ${outputs.map((name) => `CASE WHEN ${condition(name)} THEN ${literal(name)} END`).join(', ')})`
  const isGiven = (column: string) => `NEW.${identifier(column)} IS NOT NULL`
  const body = `  IF TG_OP = 'INSERT' THEN
    named = ${named(isGiven)};
    ${assign(() => 'NULL')}
  ELSE
    named = ${named(distinct)};
    ${assign((column) => `OLD.${identifier(column)}`)}
  END IF;
  ${noticeSql(
    names,
    `${literal(`${table.name}: AWS sets `)} || named || ${literal('; your value was put back')}`,
    literal('Leave what AWS sets out of the statement.'),
  )}
  RETURN NEW;`
  const given = outputs.map(isGiven).join(' OR ')
  return [
    ...triggerFunctionSql(names, { name: outputsName(table), declarations: ['named text;'], body }),
    `CREATE TRIGGER iasql_outputs_insert BEFORE INSERT ON ${name} FOR EACH ROW WHEN (${byTenant} AND (${given})) ${call}`,
    `CREATE TRIGGER iasql_outputs_update BEFORE UPDATE ON ${name} FOR EACH ROW ` +
      `WHEN (${byTenant} AND (${outputs.map(distinct).join(' OR ')})) ${call}`,
  ]
}

/** Values that AWS cannot clear again keep some value; the id is what everything else refers to. */
export function guardSql(names: TenantNames, table: TableSpec): readonly string[] {
  if (table.access === 'read') return []
  const kept = columnsWhere(
    table,
    (column) =>
      column.nature === 'argument' &&
      !column.clearable &&
      // One that must be given is NOT NULL, but for secrets, which rows that are imported lack.
      (!column.required || column.secret === true) &&
      column.default === undefined,
  )
  const cleared = (name: string) => `NEW.${identifier(name)} IS NULL AND OLD.${identifier(name)} IS NOT NULL`
  const body = [
    `IF NEW.id <> OLD.id THEN RAISE EXCEPTION USING ERRCODE = '42501',
      MESSAGE = ${literal(`the id of a ${table.name} cannot be changed`)},
      HINT = 'Insert a new row and delete this one.'; END IF;`,
    ...kept.map((name) =>
      refuseNull(table, name, {
        // What the cloud has of a secret is not kept.
        when: table.columns[name]?.secret
          ? cleared(name)
          : `${cleared(name)} AND ${isHad(names, table, name)}`,
        hint: 'AWS has no way to unset it: give another value, or delete the row and insert a new one.',
      }),
    ),
    ...defaultsOf(table).map(([name, value]) =>
      refuseNull(table, name, {
        when: `NEW.${identifier(name)} IS NULL`,
        hint: `SET ${name} = DEFAULT gives it AWS's own value, ${JSON.stringify(value)}.`,
      }),
    ),
    'RETURN NEW;',
  ].join('\n  ')
  const emptied = defaultsOf(table).map(([name]) => `NEW.${identifier(name)} IS NULL`)
  const conditions = ['NEW.id <> OLD.id', ...kept.map(cleared), ...emptied].join(' OR ')
  return [
    ...triggerFunctionSql(names, { name: guardName(table), body }),
    `CREATE TRIGGER iasql_guard BEFORE UPDATE ON ${inSchema(names, table.name)} FOR EACH ROW ` +
      `WHEN (${byTenant} AND (${conditions})) EXECUTE FUNCTION ${inSchema(names, guardName(table))}()`,
    ...unspecifiedSql(names, table),
  ]
}

/** What the cloud never got can be taken back: an edit that waits, or is reverted before it was applied. */
const isHad = (names: TenantNames, table: TableSpec, name: string): string =>
  `EXISTS (SELECT FROM ${inSchema(names, 'iasql_resource')} r WHERE r.table_name = ${literal(table.name)}
      AND r.row_id = OLD.id AND coalesce(r.base->>${literal(name)}, r.observed->>${literal(name)}) IS NOT NULL)`

const defaultsOf = (table: TableSpec): readonly (readonly [string, Json])[] =>
  Object.entries(table.columns).flatMap(([name, { default: value }]) =>
    value === undefined ? [] : [[name, value] as const],
  )

const refuseNull = (
  table: TableSpec,
  name: string,
  { when, hint }: { readonly when: string; readonly hint: string },
): string => `IF ${when} THEN RAISE EXCEPTION USING ERRCODE = '22004',
      MESSAGE = ${literal(`${name} of ${table.name} cannot be cleared once it has a value`)}, COLUMN = ${literal(name)},
      HINT = ${literal(hint)}; END IF;`

/** NULL at INSERT is unspecified, also where it is written out. */
function unspecifiedSql(names: TenantNames, table: TableSpec): readonly string[] {
  const columns = defaultsOf(table)
  if (columns.length === 0) return []
  const filled = columns.map(([name, value]) => {
    const column = `NEW.${identifier(name)}`
    return `  ${column} = coalesce(${column}, ${defaultLiteral(value)});`
  })
  const isOpen = columns.map(([name]) => `NEW.${identifier(name)} IS NULL`).join(' OR ')
  return [
    ...triggerFunctionSql(names, {
      name: unspecifiedName(table),
      body: [...filled, '  RETURN NEW;'].join('\n'),
    }),
    `CREATE TRIGGER iasql_unspecified BEFORE INSERT ON ${inSchema(names, table.name)} FOR EACH ROW ` +
      `WHEN (${isOpen}) EXECUTE FUNCTION ${inSchema(names, unspecifiedName(table))}()`,
  ]
}
