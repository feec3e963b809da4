/** Rows that are not the user's to end: what AWS made for the account or along with a parent, and what others own. */
import type { Protection, TableSpec } from '#engine/model/table.ts'
import { type TableLookup, unqualified } from '#engine/plan/resource.ts'
import { leavingSql } from './left-companions-sql.ts'
import {
  byTenant,
  identifier,
  inSchema,
  literal,
  noticeSql,
  placeColumns,
  type TenantNames,
  triggerFunctionSql,
} from './sql-text.ts'

export const protectionName = (table: TableSpec): string => `iasql_protect_${table.name}`
export const externalName = (table: TableSpec): string => `iasql_external_${table.name}`
export const companionName = (table: TableSpec, parent: string): string =>
  `iasql_${table.name}_goes_with_${parent}`

export function protectionSql(names: TenantNames, table: TableSpec, lookup: TableLookup): readonly string[] {
  if (table.access === 'read') return []
  const name = inSchema(names, table.name)
  const call = `EXECUTE FUNCTION ${inSchema(names, protectionName(table))}()`
  const fixed = [
    ...Object.entries(table.columns).flatMap(([column, { replaces }]) => (replaces ? [column] : [])),
    ...placeColumns(table),
  ]
  return [
    ...triggerFunctionSql(names, {
      name: protectionName(table),
      declarations: ['parent_stands boolean;'],
      body: protectionBody(names, table, lookup),
    }),
    `CREATE TRIGGER iasql_protect_delete BEFORE DELETE ON ${name} FOR EACH ROW WHEN (${byTenant}) ${call}`,
    ...(table.protects.length === 0 && table.createdWith.length === 0
      ? []
      : [
          `CREATE TRIGGER iasql_protect_update BEFORE UPDATE ON ${name} FOR EACH ROW ` +
            `WHEN (${byTenant} AND (${changed(fixed)})) ${call}`,
        ]),
    ...externalSql(names, table),
  ]
}

const changed = (columns: readonly string[]): string =>
  columns
    .map((column) => `NEW.${identifier(column)} IS DISTINCT FROM OLD.${identifier(column)}`)
    .join(' OR ') || 'false'

/** Any column of the cloud's: what another owns cannot be changed here in any way. */
function externalSql(names: TenantNames, table: TableSpec): readonly string[] {
  const own = Object.entries(table.columns).flatMap(([name, { nature }]) =>
    nature === 'argument' ? [name] : [],
  )
  const message = literal(`${table.name}: an external row is only read here and cannot be changed`)
  const body = `  IF ${isExternalSql(names, table)} THEN
    RAISE EXCEPTION USING ERRCODE = 'IQ005', MESSAGE = ${message},
      HINT = 'Change it where its owner manages it; SELECT * FROM iasql_external lists such rows.';
  END IF;
  RETURN NEW;`
  const name = externalName(table)
  return [
    ...triggerFunctionSql(names, { name, body }),
    `CREATE TRIGGER iasql_external BEFORE UPDATE ON ${inSchema(names, table.name)} FOR EACH ROW ` +
      `WHEN (${byTenant} AND (${changed([...own, ...placeColumns(table)])})) EXECUTE FUNCTION ${inSchema(names, name)}()`,
  ]
}

const isExternalSql = (names: TenantNames, table: TableSpec): string =>
  `EXISTS (SELECT FROM ${inSchema(names, 'iasql_resource')} r
    WHERE r.external AND r.table_name = ${literal(table.name)} AND r.row_id = OLD.id)`

function externalDeleteSql(names: TenantNames, table: TableSpec): string {
  const message = literal(`${table.name}: an external row is not deleted from here`)
  return `  IF TG_OP = 'DELETE' AND ${isExternalSql(names, table)} THEN
    ${noticeSql(names, message, `'The row was left as it is; it goes when nothing here refers to it.'`)}
    RETURN NULL;
  END IF;`
}

function protectionBody(names: TenantNames, table: TableSpec, lookup: TableLookup): string {
  const companion = boundParents(table).length > 0 ? companionBody(names, table) : ''
  const protections = table.protects.map((protection) => {
    const message = literal(`${table.name}: ${protection.message}`)
    return `  IF EXISTS (${protectedRowSql(names, table, protection, lookup)}) THEN
    IF TG_OP = 'UPDATE' THEN ${refusalSql(message)} END IF;
    ${noticeSql(names, message, `'The row was left as it is.'`)}
    RETURN NULL;
  END IF;`
  })
  return [
    externalDeleteSql(names, table),
    companion,
    leavingSql(names, table),
    ...protections,
    `  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;`,
    '  RETURN NEW;',
  ].join('\n')
}

const refusalSql = (message: string): string =>
  `RAISE EXCEPTION USING ERRCODE = 'IQ005', MESSAGE = ${message},
      HINT = 'This change would need a new resource in its place; AWS made this one, so leave it as it is.';`

/** Parents whose companions stand as long as they do. */
const boundParents = (table: TableSpec): readonly string[] =>
  table.createdWith.flatMap(({ parent, removable }) => (removable ? [] : [unqualified(parent)]))

function companionBody(names: TenantNames, table: TableSpec): string {
  const resource = inSchema(names, 'iasql_resource')
  const parents = boundParents(table)
  const stands = parents.map(
    (parent) =>
      `WHEN ${literal(parent)} THEN EXISTS (SELECT FROM ${inSchema(names, parent)} x WHERE x.id = p.row_id)`,
  )
  const message = literal(
    `${table.name}: AWS made it with its ${[...new Set(parents)].join(' or ')} and deletes it along with that`,
  )
  // A move of the parent to another place cascades to its companions: that one comes from inside a trigger.
  return `  SELECT CASE p.table_name ${stands.join(' ')} ELSE false END INTO parent_stands
    FROM ${resource} c JOIN ${resource} p ON p.resource_id = c.companion_of
    WHERE c.table_name = ${literal(table.name)} AND c.row_id = OLD.id;
  IF FOUND AND TG_OP = 'DELETE' THEN
    IF NOT parent_stands THEN RETURN OLD; END IF;
    ${noticeSql(names, message, `'The row was left as it is; delete the parent instead.'`)}
    RETURN NULL;
  ELSIF FOUND THEN
    IF parent_stands AND pg_trigger_depth() = 1 THEN ${refusalSql(message)} END IF;
    RETURN NEW;
  END IF;`
}

/** The condition may use bare column names, so the row it is about is the only one in scope. */
function protectedRowSql(
  names: TenantNames,
  table: TableSpec,
  { when, through }: Protection,
  lookup: TableLookup,
): string {
  if (!through) return `SELECT FROM (SELECT OLD.*) AS ${identifier(table.name)} WHERE ${when}`
  const reference = table.columns[through]?.reference
  const target = reference && lookup.get(unqualified(reference.table))
  if (!target) throw new TypeError(`${table.name} is protected through ${through}, which refers to nothing`)
  const key = identifier(reference.by)
  return (
    `SELECT FROM (SELECT t.* FROM ${inSchema(names, target.name)} t WHERE t.${key} = OLD.${identifier(through)}) ` +
    `AS ${identifier(target.name)} WHERE ${when}`
  )
}

/** After a parent's DELETE its companions' rows go too; the journal marks them as needing no call. */
export function companionSql(names: TenantNames, table: TableSpec): readonly string[] {
  const resource = inSchema(names, 'iasql_resource')
  return [...new Set(table.createdWith.map(({ parent }) => unqualified(parent)))].flatMap((parent) => {
    const name = companionName(table, parent)
    const body = `  DELETE FROM ${inSchema(names, table.name)} d USING old_rows o, ${resource} p, ${resource} c
    WHERE p.table_name = ${literal(parent)} AND p.row_id = o.id AND c.companion_of = p.resource_id
      AND c.table_name = ${literal(table.name)} AND d.id = c.row_id;
  RETURN NULL;`
    return [
      ...triggerFunctionSql(names, { name, body }),
      `CREATE TRIGGER ${identifier(name)} AFTER DELETE ON ${inSchema(names, parent)} REFERENCING OLD TABLE AS old_rows ` +
        `FOR EACH STATEMENT WHEN (${byTenant}) EXECUTE FUNCTION ${inSchema(names, name)}()`,
    ]
  })
}
