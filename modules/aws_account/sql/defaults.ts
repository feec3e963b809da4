/** The functions that fill `region` and `account_id`, and the rule that there is one default of each. */
import type { ModuleSql, SqlTarget } from '../../kit/index.ts'

interface Default {
  readonly table: string
  readonly column: string
  readonly functionName: string
  readonly noun: string
  /** SQL literal used where no row is the default. */
  readonly otherwise: string
  readonly hint: string
}

const defaults: readonly Default[] = [
  {
    table: 'aws_regions',
    column: 'region',
    functionName: 'default_aws_region',
    noun: 'region',
    otherwise: "'us-east-1'",
    hint: "Change it in one step: SELECT default_aws_region(''eu-west-1'');",
  },
  {
    table: 'aws_accounts',
    column: 'account_id',
    functionName: 'default_aws_account',
    noun: 'account',
    otherwise: 'NULL',
    hint: "Change it in one step: SELECT default_aws_account(''123456789012'');",
  },
]

export const defaultsSql: ModuleSql = {
  create: (target) => defaults.flatMap((each) => [...lookup(each, target), ...onlyOne(each, target)]),
  drop: ({ schema }) =>
    defaults.flatMap(({ table, functionName }) => [
      `DROP TRIGGER one_default ON ${schema}.${table}`,
      `DROP FUNCTION ${schema}.one_default_of_${table}()`,
      `DROP FUNCTION ${schema}.${functionName}()`,
    ]),
}

/** A definer function, because it stands in column defaults and must not depend on anybody's search path. */
function lookup(of: Default, { schema, readerRole, writerRole }: SqlTarget): readonly string[] {
  const name = `${schema}.${of.functionName}()`
  return [
    `CREATE FUNCTION ${name} RETURNS text LANGUAGE sql STABLE SECURITY DEFINER
      SET search_path = pg_catalog, pg_temp
      AS $$ SELECT coalesce((SELECT ${of.column} FROM ${schema}.${of.table} WHERE is_default), ${of.otherwise}) $$`,
    `COMMENT ON FUNCTION ${name} IS '${helpOf(of)}'`,
    `REVOKE EXECUTE ON FUNCTION ${name} FROM PUBLIC`,
    `GRANT EXECUTE ON FUNCTION ${name} TO ${readerRole}, ${writerRole}`,
  ]
}

/** What `iasql_help()` shows. */
const helpOf = ({ noun, functionName }: Default): string =>
  JSON.stringify({
    module: 'aws_account',
    description: `The ${noun} of rows that name none.`,
    sampleUsage: `SELECT ${functionName}();`,
  })

/** The trigger gives the clear message; the constraint holds also between two transactions at once. */
function onlyOne(of: Default, { schema }: SqlTarget): readonly string[] {
  const name = `${schema}.one_default_of_${of.table}()`
  return [
    `ALTER TABLE ${schema}.${of.table} ADD CONSTRAINT ${of.table}_one_default
      EXCLUDE USING btree (is_default WITH =) WHERE (is_default) DEFERRABLE INITIALLY DEFERRED`,
    `CREATE FUNCTION ${name} RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
      BEGIN
        IF (SELECT count(*) FROM ${schema}.${of.table} WHERE is_default) > 1 THEN
          RAISE EXCEPTION USING ERRCODE = '23505',
            MESSAGE = 'only one ${of.noun} can be the default',
            HINT = '${of.hint}';
        END IF;
        RETURN NULL;
      END $$`,
    `REVOKE EXECUTE ON FUNCTION ${name} FROM PUBLIC`,
    `CREATE TRIGGER one_default AFTER INSERT OR UPDATE OF is_default ON ${schema}.${of.table}
      FOR EACH STATEMENT EXECUTE FUNCTION ${name}`,
  ]
}
