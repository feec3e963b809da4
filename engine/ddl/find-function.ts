/** `find_<table>(natural key…)`: the id of the row people know by that name, or an error that names the nearest. */
import type { TableSpec } from '#engine/model/table.ts'
import { identifier, inSchema, literal, type TenantNames } from './sql-text.ts'

interface KeyPart {
  readonly parameter: string
  readonly sqlType: string
  /** The part as an expression over the row `r`. */
  readonly sql: string
  /** A value as a call may give it. */
  readonly sample: string
}

const keyParts = (table: TableSpec): readonly KeyPart[] =>
  table.naturalKey.map((name) => {
    const column = table.columns[name]
    const sample = sampleOf(table, name)
    return column?.equality === 'tags'
      ? { parameter: 'name', sqlType: 'text', sql: `r.${identifier(name)} ->> 'Name'`, sample }
      : { parameter: name, sqlType: column?.sqlType ?? 'text', sql: `r.${identifier(name)}`, sample }
  })

/** Of several columns of which a row has one, such as the source of a rule, the first has a value. */
function sampleOf({ naturalKey, columns }: TableSpec, name: string): string {
  const isNullable = (part: string): boolean =>
    !columns[part]?.required && columns[part]?.default === undefined
  const either = naturalKey.filter(
    (part) => isNullable(part) && (columns[part]?.reference || columns[part]?.sqlType === 'text'),
  )
  if (either.length > 1 && isNullable(name) && name !== either[0]) return 'NULL'
  const { sqlType = 'text', equality, default: value } = columns[name] ?? {}
  if (equality === 'cidr') return "'10.0.0.0/16'"
  if (sqlType === 'boolean') return String(value ?? false)
  if (sqlType === 'integer' || sqlType === 'bigint') return String(value ?? 1)
  return literal(typeof value === 'string' ? value : '…')
}

const findName = (table: TableSpec): string => `find_${table.name}`

const signature = (names: TenantNames, table: TableSpec): string =>
  `${inSchema(names, findName(table))}(${keyParts(table)
    .map(({ parameter, sqlType }) => `${identifier(parameter)} ${sqlType}`)
    .join(', ')})`

export function findFunctionSql(names: TenantNames, table: TableSpec): readonly string[] {
  if (table.naturalKey.length === 0) return []
  const [reader, writer] = [identifier(names.readerRole), identifier(names.writerRole)]
  const name = signature(names, table)
  return [
    `CREATE FUNCTION ${name} RETURNS bigint LANGUAGE plpgsql STABLE ` +
      `SET search_path = pg_catalog, pg_temp AS $iasql$\n${findBody(names, table)}\n$iasql$`,
    `REVOKE ALL ON FUNCTION ${name} FROM PUBLIC`,
    `GRANT EXECUTE ON FUNCTION ${name} TO ${reader}, ${writer}`,
    `COMMENT ON FUNCTION ${name} IS ${literal(JSON.stringify(helpOf(table)))}`,
  ]
}

/** What `iasql_help()` shows of the function. */
const helpOf = (table: TableSpec) => ({
  module: table.module,
  description: `The id of the row of ${table.name} with this natural key; the error names the nearest ones.`,
  sampleUsage: `SELECT ${findName(table)}(${keyParts(table)
    .map(({ sample }) => sample)
    .join(', ')})`,
})

export const dropFindFunctionSql = (names: TenantNames, table: TableSpec): readonly string[] =>
  table.naturalKey.length === 0 ? [] : [`DROP FUNCTION ${signature(names, table)}`]

function findBody(names: TenantNames, table: TableSpec): string {
  const parts = keyParts(table)
  const argument = (part: KeyPart) => `${identifier(findName(table))}.${identifier(part.parameter)}`
  const from = `FROM ${inSchema(names, table.name)} r`
  const matches = parts.map((part) => `${part.sql} IS NOT DISTINCT FROM ${argument(part)}`).join(' AND ')
  const text = (sql: readonly string[]) => `concat_ws('/', ${sql.join(', ')})`
  const ids = 'SELECT coalesce(array_agg(r.id ORDER BY r.id), CAST(ARRAY[] AS bigint[])) INTO ids'
  return `DECLARE
  ids bigint[];
  wanted text = ${text(parts.map(argument))};
  nearest text;
BEGIN
  ${ids} ${from} WHERE ${matches};
  IF cardinality(ids) > 1 THEN
    ${ids} ${from} WHERE r.id = ANY (ids)${defaultPlace(names, table)};
  END IF;
  IF cardinality(ids) = 1 THEN RETURN ids[1]; END IF;
  IF cardinality(ids) > 1 THEN
    RAISE EXCEPTION USING ERRCODE = '21000', MESSAGE = format(${literal(`several rows of ${table.name} are named %s`)}, wanted),
      HINT = format('Use one of their ids instead of a name, %s.', array_to_string(ids, ', '));
  END IF;
  SELECT string_agg(k.key, ', ' ORDER BY k.likeness DESC, k.key) INTO nearest FROM (
    SELECT q.key, ${likeness} AS likeness
    FROM (SELECT DISTINCT ${text(parts.map(({ sql }) => sql))} AS key ${from}) q WHERE q.key <> ''
    ORDER BY likeness DESC, q.key LIMIT 5) k;
  RAISE EXCEPTION USING ERRCODE = 'P0002', MESSAGE = format(${literal(`no ${table.name} is named %s`)}, wanted),
    HINT = CASE WHEN nearest IS NULL THEN ${literal(`${table.name} has no rows.`)} ELSE format('The nearest names are %s.', nearest) END;
END`
}

/** Shared pairs of letters, so that typing errors are found without an extension. */
const likeness = `(SELECT count(*) FROM generate_series(1, length(q.key) - 1) i
      WHERE strpos(lower(wanted), lower(substr(q.key, i, 2))) > 0) * 2.0 / (length(q.key) + length(wanted) + 1)`

/** A name may exist in several regions: the default place is meant then. */
function defaultPlace(names: TenantNames, { place }: TableSpec): string {
  const account = ` AND r.account_id = ${inSchema(names, 'default_aws_account')}()`
  if (place === 'tenant') return ''
  return place === 'global' ? account : `${account} AND r.region = ${inSchema(names, 'default_aws_region')}()`
}
