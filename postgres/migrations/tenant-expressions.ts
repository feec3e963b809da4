/** Which rows of one tenant refer to which values of others by an expression such as `${queue(1).arn}`. */
import { isOpen } from '../statements/open-change.ts'
import type { Tenant } from '../tenant.ts'
import type { TenantMigration } from './migration.ts'

const expressions = (t: string): readonly string[] => [
  `CREATE TABLE ${t}.iasql_expression (
    table_name text NOT NULL, row_id bigint NOT NULL, column_name text NOT NULL,
    target_table text NOT NULL, target_id bigint NOT NULL, target_column text NOT NULL,
    is_checked boolean NOT NULL DEFAULT false)`,
  `CREATE INDEX iasql_expression_row ON ${t}.iasql_expression (table_name, row_id)`,
  `CREATE INDEX iasql_expression_target ON ${t}.iasql_expression (target_table, target_id)`,
]

/** As a foreign key: a row may go when at the end of the transaction nothing refers to it any more. */
const keepTargets = (t: string): readonly string[] => [
  `CREATE FUNCTION ${t}.iasql_expression_target() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
   SET search_path = pg_catalog, pg_temp AS $iasql$
DECLARE stands boolean;
BEGIN
  IF NOT EXISTS (SELECT FROM ${t}.iasql_expression x WHERE x.table_name = NEW.table_name AND x.row_id = NEW.row_id
      AND x.column_name = NEW.column_name AND x.target_table = NEW.target_table AND x.target_id = NEW.target_id) THEN
    RETURN NULL;
  END IF;
  EXECUTE format('SELECT EXISTS (SELECT FROM ${t}.%I q WHERE q.id = $1)', NEW.target_table) INTO stands
    USING NEW.target_id;
  IF stands THEN RETURN NULL; END IF;
  RAISE EXCEPTION USING ERRCODE = '23503',
    MESSAGE = format('%s %s is still referred to by %s of %s %s', NEW.target_table, NEW.target_id, NEW.column_name,
      NEW.table_name, NEW.row_id),
    HINT = format('Set another value there, or delete both in one transaction: UPDATE %s SET %s = … WHERE id = %s.',
      NEW.table_name, NEW.column_name, NEW.row_id);
END
$iasql$`,
  `REVOKE ALL ON FUNCTION ${t}.iasql_expression_target() FROM PUBLIC`,
  `CREATE CONSTRAINT TRIGGER iasql_expression_target AFTER UPDATE ON ${t}.iasql_expression
   DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.is_checked)
   EXECUTE FUNCTION ${t}.iasql_expression_target()`,
]

/**
 * What AWS gives a new value makes those that refer to it edited, also those that are being made with the old one; what it
 * has lost tells nobody anything.
 */
const renewDependants = (t: string): readonly string[] => [
  `CREATE FUNCTION ${t}.iasql_output_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
   SET search_path = pg_catalog, pg_temp AS $iasql$
BEGIN
  INSERT INTO ${t}.iasql_edit (table_name, row_id, op, login)
    SELECT DISTINCT x.table_name, x.row_id, CAST('U' AS "char"), 'iasql'
    FROM ${t}.iasql_expression x LEFT JOIN ${t}.iasql_resource d USING (table_name, row_id)
    WHERE x.target_table = NEW.table_name AND x.target_id = NEW.row_id
      AND (d.base IS NOT NULL AND d.observed IS NOT NULL OR EXISTS (SELECT FROM ${t}.iasql_change_record c
        WHERE c.table_name = x.table_name AND c.row_id = x.row_id AND c.execution_id IS NOT NULL
          AND ${isOpen('c')}))
      AND nullif(NEW.observed -> x.target_column, 'null') IS NOT NULL
      AND NEW.observed -> x.target_column IS DISTINCT FROM OLD.observed -> x.target_column;
  RETURN NULL;
END
$iasql$`,
  `REVOKE ALL ON FUNCTION ${t}.iasql_output_changed() FROM PUBLIC`,
  `CREATE TRIGGER iasql_output_changed AFTER UPDATE OF observed ON ${t}.iasql_resource FOR EACH ROW
   WHEN (NEW.observed IS DISTINCT FROM OLD.observed) EXECUTE FUNCTION ${t}.iasql_output_changed()`,
]

export const tenantExpressionsMigration: TenantMigration = {
  name: 'tenant-expressions',
  version: 1,
  sql: ({ schema }: Tenant): readonly string[] => [
    ...expressions(schema),
    ...keepTargets(schema),
    ...renewDependants(schema),
  ],
}
