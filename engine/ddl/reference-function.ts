/** `iasql_ref(table, id, column)`: a reference to a value that may be known only later, checked at the statement. */
import { identifier, inSchema, literal, type TenantNames } from './sql-text.ts'

const help = {
  module: 'iasql',
  description: "A reference to another row's value, which may be known only once that row is applied.",
  sampleUsage:
    "UPDATE queue SET policy = jsonb_build_object('Resource', iasql_ref('queue', 1, 'arn')) WHERE id = 2",
}

export function referenceFunctionSql(names: TenantNames): readonly string[] {
  const name = `${inSchema(names, 'iasql_ref')}(table_name text, id bigint, column_name text)`
  return [
    `CREATE FUNCTION ${name} RETURNS text LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $iasql$
DECLARE
  target regclass = to_regclass(format('%I.%I', ${literal(names.schema)}, iasql_ref.table_name));
  stands boolean;
BEGIN
  IF target IS NULL OR starts_with(iasql_ref.table_name, 'iasql_') THEN
    RAISE EXCEPTION USING ERRCODE = '42P01', MESSAGE = format('there is no managed table %s', iasql_ref.table_name),
      HINT = 'SELECT * FROM iasql_tables lists them.';
  END IF;
  IF NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = target AND a.attname = iasql_ref.column_name
      AND a.attnum > 0 AND NOT a.attisdropped) THEN
    RAISE EXCEPTION USING ERRCODE = '42703',
      MESSAGE = format('%s has no column %s', iasql_ref.table_name, iasql_ref.column_name),
      HINT = format('It has %s.', (SELECT string_agg(a.attname, ', ' ORDER BY a.attnum) FROM pg_attribute a
        WHERE a.attrelid = target AND a.attnum > 0 AND NOT a.attisdropped));
  END IF;
  IF EXISTS (SELECT FROM pg_constraint c WHERE c.conrelid = target
      AND c.conname = format('%s_%s_secret', iasql_ref.table_name, iasql_ref.column_name)) THEN
    RAISE EXCEPTION USING ERRCODE = '42501',
      MESSAGE = format('%s of %s is write-only, so nothing can refer to its value', iasql_ref.column_name, iasql_ref.table_name),
      HINT = 'Write the value there too, or refer to the arn of the row and let the service read it.';
  END IF;
  EXECUTE format('SELECT EXISTS (SELECT FROM %s t WHERE t.id = $1)', target) INTO stands USING iasql_ref.id;
  IF NOT stands THEN
    RAISE EXCEPTION USING ERRCODE = 'P0002', MESSAGE = format('%s has no row %s', iasql_ref.table_name, iasql_ref.id),
      HINT = 'Insert the row first, and refer to its id.';
  END IF;
  RETURN format('\${%s(%s).%s}', iasql_ref.table_name, iasql_ref.id, iasql_ref.column_name);
END
$iasql$`,
    `COMMENT ON FUNCTION ${name} IS ${literal(JSON.stringify(help))}`,
    `REVOKE ALL ON FUNCTION ${name} FROM PUBLIC`,
    `GRANT EXECUTE ON FUNCTION ${name} TO ${identifier(names.readerRole)}, ${identifier(names.writerRole)}`,
  ]
}
