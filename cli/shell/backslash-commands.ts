/** The prompt's own commands: each is an action of the shell, or a query over the catalog. */
export type BackslashCommand =
  | { readonly kind: 'quit' | 'help' | 'expand' | 'more' | 'reset' }
  | { readonly kind: 'query'; readonly sql: string; readonly ifEmpty: string }
  | { readonly kind: 'unknown'; readonly message: string }

export const backslashHelp = `  \\d [name]  tables, or the columns of one
  \\dt        tables
  \\x         one column a line, on and off
  \\more      the next rows of a result that was cut
  \\r         drop what is typed
  \\q         leave
  SELECT * FROM iasql_help();   the functions of iasql
`

/** Tables and views on the search path that one may read, as \\dt of psql. */
const tablesSql = `SELECT c.relname AS name,
  CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' ELSE 'table' END AS type,
  pg_catalog.obj_description(c.oid, 'pg_class') AS description
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
  AND pg_catalog.pg_table_is_visible(c.oid) AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
ORDER BY c.relname`

const columnsSql = (
  name: string,
) => `SELECT a.attname AS column, pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
  CASE WHEN a.attnotnull THEN 'not null' END AS nullable,
  pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS default, pg_catalog.col_description(a.attrelid, a.attnum) AS description
FROM pg_catalog.pg_attribute a LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = pg_catalog.to_regclass(${literal(name)}) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum`

/** `line` begins with a backslash. */
export function backslashCommand(line: string): BackslashCommand {
  const [word = '', name] = line.trim().replace(/;$/, '').split(/\s+/)
  switch (word) {
    case '\\q':
      return { kind: 'quit' }
    case '\\?':
    case '\\h':
      return { kind: 'help' }
    case '\\x':
      return { kind: 'expand' }
    case '\\more':
      return { kind: 'more' }
    case '\\r':
      return { kind: 'reset' }
    case '\\d':
      if (name !== undefined) {
        return { kind: 'query', sql: columnsSql(name), ifEmpty: `Did not find any relation named "${name}".` }
      }
      return { kind: 'query', sql: tablesSql, ifEmpty: 'Did not find any relations.' }
    case '\\dt':
      return { kind: 'query', sql: tablesSql, ifEmpty: 'Did not find any relations.' }
    default:
      return { kind: 'unknown', message: `invalid command ${word}; try \\? for help` }
  }
}

const literal = (text: string) => `E'${text.replace(/['\\]/g, (character) => `\\${character}`)}'`
