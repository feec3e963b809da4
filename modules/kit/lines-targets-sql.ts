/** Rows that lines hold by the cloud's own id, as imported ones do, stay: no expression guards those. */
import type { LinesDefinition } from './lines-definition.ts'
import type { ModuleSql, SqlTarget } from './module.ts'

interface Target {
  /** Of the trigger and its function. */
  readonly name: string
  readonly column: string
  readonly table: string
  readonly by: string
}

export function lineTargetsSql(lines: LinesDefinition): ModuleSql {
  const targets = targetsOf(lines)
  return {
    create: (target) => targets.flatMap((each) => guardSql(lines, each, target)),
    drop: ({ schema }) =>
      targets.flatMap(({ name, table }) => [
        `DROP TRIGGER ${name} ON ${schema}.${table}`,
        `DROP FUNCTION ${schema}.${name}()`,
      ]),
  }
}

const targetsOf = ({ name, columns }: LinesDefinition): readonly Target[] =>
  Object.entries(columns).flatMap(([column, { reference }]) => {
    if (!reference) return []
    const table = reference.table.slice(reference.table.indexOf('.') + 1)
    return [{ name: `iasql_lines_${name}_${column}`, column, table, by: reference.by }]
  })

/** Deferred like a foreign key, so that both may go in one transaction in any order. */
function guardSql(
  { name: lines, parent, list }: LinesDefinition,
  { name, column, table, by }: Target,
  { schema }: SqlTarget,
): readonly string[] {
  return [
    `CREATE FUNCTION ${schema}.${name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
      SET search_path = pg_catalog, pg_temp AS $iasql$
DECLARE holder bigint;
BEGIN
  SELECT p.id INTO holder FROM ${schema}.${parent} p
    WHERE p."${list}" @> jsonb_build_array(jsonb_build_object('${column}', OLD."${by}"))
      AND coalesce(to_jsonb(OLD) ->> 'account_id', p.account_id) = p.account_id
      AND coalesce(to_jsonb(OLD) ->> 'region', p.region) = p.region LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = '23503',
      MESSAGE = format('${table} %s is still in ${lines} of ${parent} %s', OLD."${by}", holder),
      HINT = 'Delete that line, or the ${parent}, in the same transaction.';
  END IF;
  RETURN NULL;
END $iasql$`,
    `REVOKE ALL ON FUNCTION ${schema}.${name}() FROM PUBLIC`,
    `CREATE CONSTRAINT TRIGGER ${name} AFTER DELETE ON ${schema}.${table} DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW WHEN (OLD."${by}" IS NOT NULL AND session_user <> 'iasql_platform')
      EXECUTE FUNCTION ${schema}.${name}()`,
  ]
}
