/** The view that shows a column's lines as a table, and the trigger by which it is written. */
import type { Column, SqlType } from '#engine/model/column.ts'
import type { Json } from '#engine/model/json.ts'
import type { LinesDefinition } from './lines-definition.ts'
import { lineTargetsSql } from './lines-targets-sql.ts'
import type { ModuleSql, SqlTarget } from './module.ts'

export function linesSql(lines: LinesDefinition): ModuleSql {
  const targets = lineTargetsSql(lines)
  const nameOf = ({ schema }: SqlTarget) => `${schema}.${lines.name}`
  const writerOf = ({ schema }: SqlTarget) => `${schema}.iasql_lines_${lines.name}()`
  return {
    makes: [lines.name],
    create: (target) => [
      viewSql(lines, target, nameOf(target)),
      ...commentsSql(lines, nameOf(target)),
      `GRANT SELECT ON ${nameOf(target)} TO ${target.readerRole}, ${target.writerRole}`,
      `GRANT INSERT, UPDATE, DELETE ON ${nameOf(target)} TO ${target.writerRole}`,
      writerSql(lines, target, writerOf(target)),
      `REVOKE ALL ON FUNCTION ${writerOf(target)} FROM PUBLIC`,
      `CREATE TRIGGER iasql_lines INSTEAD OF INSERT OR UPDATE OR DELETE ON ${nameOf(target)}
        FOR EACH ROW EXECUTE FUNCTION ${writerOf(target)}`,
      ...targets.create(target),
    ],
    drop: (target) => [
      ...targets.drop(target),
      `DROP VIEW ${nameOf(target)}`,
      `DROP FUNCTION ${writerOf(target)}`,
    ],
  }
}

const quoted = (name: string): string => `"${name}"`

/** Without `:word`, which the Data API could take for a parameter. */
const literal = (text: string): string => {
  const escaped = text.replaceAll("'", "''").replaceAll('\\', '\\\\').replaceAll(':', '\\x3A')
  return /[\\:]/.test(text) ? `E'${escaped}'` : `'${escaped}'`
}

const tableOf = (reference: NonNullable<Column['reference']>): string =>
  reference.table.slice(reference.table.indexOf('.') + 1)

/** `line` is what the resource itself holds, by which a row of the view is found again. */
function viewSql({ parent, via, list, columns, name }: LinesDefinition, target: SqlTarget, view: string) {
  const shown = Object.entries(columns).map(
    ([column, what]) => `${shownSql(column, what, target)} AS ${quoted(column)}`,
  )
  return `CREATE VIEW ${view} AS SELECT p.id AS ${quoted(via)}, ${shown.join(', ')},
    p.account_id, p.region, l.value AS line
    FROM ${target.schema}.${parent} p CROSS JOIN LATERAL jsonb_array_elements(p.${quoted(list)}) l
    WHERE jsonb_typeof(l.value) = 'object' /* ${name} */`
}

function shownSql(
  name: string,
  { sqlType, reference, default: usual }: Column,
  { schema }: SqlTarget,
): string {
  const text = `l.value ->> ${literal(name)}`
  if (reference) {
    const table = tableOf(reference)
    return `coalesce(CAST(substring(${text} FROM ${literal(expressionPattern(table, reference.by))}) AS bigint),
      (SELECT min(t.id) FROM ${schema}.${table} t WHERE t.${quoted(reference.by)} = ${text}
        AND to_jsonb(t.*) ->> 'account_id' IS NOT DISTINCT FROM p.account_id
        AND coalesce(to_jsonb(t.*) ->> 'region', p.region) = p.region))`
  }
  const value = sqlType === 'jsonb' ? `l.value -> ${literal(name)}` : `CAST(${text} AS ${sqlType})`
  return usual === undefined ? value : `coalesce(${value}, ${defaultSql(usual, sqlType)})`
}

const expressionPattern = (table: string, column: string): string =>
  String.raw`^\$[{]${table}[(]([0-9]{1,15})[)][.]${column}[}]$`

const defaultSql = (value: Json, sqlType: SqlType): string =>
  typeof value === 'string' ? literal(value) : `CAST(${literal(JSON.stringify(value))} AS ${sqlType})`

function commentsSql(
  { description, columns, parent, via, key }: LinesDefinition,
  view: string,
): readonly string[] {
  const comment = (column: string, text: string) =>
    `COMMENT ON COLUMN ${view}.${quoted(column)} IS ${literal(text)}`
  return [
    `COMMENT ON VIEW ${view} IS ${literal(description)}`,
    comment(via, `Row id of the ${parent}; one line for each ${key.join(', ')} of it.`),
    ...Object.entries(columns).map(([name, column]) => comment(name, column.description)),
    comment('line', 'As the resource has it; not to be written.'),
  ]
}

/** With its owner's rights, since the view is; the table's own triggers see who the user is all the same. */
function writerSql(lines: LinesDefinition, { schema }: SqlTarget, name: string): string {
  const { parent, via, list } = lines
  const table = `${schema}.${parent}`
  const items = `jsonb_array_elements(coalesce(p.${quoted(list)}, '[]'))`
  return `CREATE FUNCTION ${name} RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp AS $iasql$
DECLARE made jsonb;
BEGIN
  IF TG_OP <> 'INSERT' THEN
    UPDATE ${table} p SET ${quoted(list)} =
      (SELECT coalesce(jsonb_agg(e.value), '[]') FROM ${items} e WHERE e.value <> OLD.line)
      WHERE p.id = OLD.${quoted(via)};
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
${[`IF NEW.${quoted(via)} IS NULL THEN ${refuseNullSql(lines, via)} END IF;`, ...checksSql(lines)].map((line) => `  ${line}`).join('\n')}
  made = ${lineSql(lines)};
  IF EXISTS (SELECT FROM ${schema}.${lines.name} v WHERE v.${quoted(via)} = NEW.${quoted(via)} AND ${sameKeySql(lines)}) THEN
    RAISE EXCEPTION USING ERRCODE = '23505',
      MESSAGE = format(${literal(`${parent} %s has this ${lines.key.join(', ')} already`)}, NEW.${quoted(via)});
  END IF;
  UPDATE ${table} p SET ${quoted(list)} = coalesce(p.${quoted(list)}, '[]') || made WHERE p.id = NEW.${quoted(via)}
    RETURNING p.account_id, p.region INTO NEW.account_id, NEW.region;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = '23503', MESSAGE = format(${literal(`there is no ${parent} %s`)}, NEW.${quoted(via)});
  END IF;
  NEW.line = made;
  RETURN NEW;
END $iasql$`
}

/** As the view shows it: imported lines hold ids where others hold expressions. */
const sameKeySql = ({ key }: LinesDefinition): string =>
  key.map((name) => `v.${quoted(name)} IS NOT DISTINCT FROM NEW.${quoted(name)}`).join(' AND ')

function lineSql({ columns }: LinesDefinition): string {
  const members = Object.entries(columns).map(
    ([name, column]) => `${literal(name)}, ${saidSql(name, column)}`,
  )
  return `jsonb_strip_nulls(jsonb_build_object(${members.join(', ')}))`
}

/** References are written as expressions, so that what they name may be made in the same apply, and is not deleted before. */
function saidSql(name: string, { sqlType, reference, default: usual }: Column): string {
  const value = `NEW.${quoted(name)}`
  if (reference) return `'\${${tableOf(reference)}(' || ${value} || ').${reference.by}}'`
  if (usual !== undefined) return `nullif(${value}, ${defaultSql(usual, sqlType)})`
  return sqlType === 'jsonb' ? `nullif(nullif(${value}, '{}'), '[]')` : value
}

const refuseNullSql = ({ name }: LinesDefinition, column: string): string =>
  `RAISE EXCEPTION USING ERRCODE = '23502', COLUMN = ${literal(column)},
    MESSAGE = ${literal(`${column} of ${name} must be given`)};`

function checksSql(lines: LinesDefinition): readonly string[] {
  return Object.entries(lines.columns).flatMap(([name, { required, check }]) => [
    ...(required ? [`IF NEW.${quoted(name)} IS NULL THEN ${refuseNullSql(lines, name)} END IF;`] : []),
    ...(check
      ? [
          `IF NOT (${check.replaceAll('{}', `NEW.${quoted(name)}`)}) THEN
    RAISE EXCEPTION USING ERRCODE = '23514', COLUMN = ${literal(name)},
      MESSAGE = ${literal(`${name} of ${lines.name} is not valid: ${lines.columns[name]?.description ?? ''}`)};
  END IF;`,
        ]
      : []),
  ])
}
