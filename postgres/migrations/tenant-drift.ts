/** One tenant's drift: what the cloud has otherwise than the tables, and what shall become of it. */
import { triggerFunctionSql } from '#engine/ddl/sql-text.ts'
import { effectivePolicy } from '../effective-policy.ts'
import type { Tenant } from '../tenant.ts'
import type { TenantMigration } from './migration.ts'

/** A body as a plain literal: the Data API might look for parameters between dollar quotes. */
const source = (body: string): string => `'${body.replaceAll("'", "''")}'`

/**
 * `drift`: since when each column is otherwise in the cloud; under the empty name, since when the whole resource is gone,
 * by which execution that was proved last, and whether its row may go.
 */
const records = (t: string): readonly string[] => [
  `ALTER TABLE ${t}.iasql_resource ADD COLUMN drift jsonb`,
  `CREATE INDEX iasql_resource_drift ON ${t}.iasql_resource (table_name, row_id) WHERE drift IS NOT NULL`,
  `CREATE TABLE ${t}.iasql_column (
    table_name text NOT NULL REFERENCES ${t}.iasql_tables ("table") ON DELETE CASCADE, column_name text NOT NULL,
    nature text NOT NULL CHECK (nature IN ('argument', 'output', 'local')), PRIMARY KEY (table_name, column_name))`,
]

const policies = (t: string): readonly string[] => [
  `CREATE TABLE ${t}.iasql_drift_policy (
    table_name text NOT NULL REFERENCES ${t}.iasql_tables ("table") ON DELETE CASCADE,
    row_id bigint, column_name text, policy text NOT NULL CHECK (policy IN ('track', 'enforce', 'observe')),
    UNIQUE NULLS NOT DISTINCT (table_name, row_id, column_name))`,
  `COMMENT ON TABLE ${t}.iasql_drift_policy IS
    'What becomes of a change made in the cloud. Row and column come before row, row before column, column before table.'`,
  `COMMENT ON COLUMN ${t}.iasql_drift_policy.row_id IS 'Row id in the table; null, all rows.'`,
  `COMMENT ON COLUMN ${t}.iasql_drift_policy.column_name IS 'Column; null, all of them and the resource as a whole.'`,
  `COMMENT ON COLUMN ${t}.iasql_drift_policy.policy IS
    'track pulls the change into the table, enforce writes the table back to the cloud, observe only lists it in iasql_drift.'`,
]

const nearest = (t: string): string => `
CREATE FUNCTION ${t}.iasql_nearest(wanted text, names text[]) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp AS ${source(`
  SELECT format('Did you mean %s?', n.name) FROM unnest(names) AS n (name),
    LATERAL (SELECT count(*) * 2.0 / (length(n.name) + length(wanted) + 1) AS likeness
      FROM generate_series(1, length(n.name) - 1) i WHERE strpos(lower(wanted), lower(substr(n.name, i, 2))) > 0) l
  WHERE l.likeness > 0.3 ORDER BY l.likeness DESC, n.name LIMIT 1`)}`

const refusal = (sqlstate: string, message: string, hint: string): string =>
  `RAISE EXCEPTION USING ERRCODE = '${sqlstate}', MESSAGE = ${message}, HINT = ${hint};`

const checks = (t: string): string => `
  IF NEW.policy IS NULL OR NEW.policy NOT IN ('track', 'enforce', 'observe') THEN
    ${refusal('22023', "format('a drift policy is track, enforce or observe, not %s', coalesce(NEW.policy, 'null'))", "'track pulls what changed in the cloud, enforce writes the table back, observe only lists it in iasql_drift.'")}
  END IF;
  SELECT array_agg(k."table" ORDER BY k."table") INTO known FROM ${t}.iasql_tables k;
  IF NEW.table_name IS NULL OR NOT NEW.table_name = ANY (known) THEN
    ${refusal('42P01', "format('there is no managed table %s', coalesce(NEW.table_name, 'null'))", `coalesce(${t}.iasql_nearest(NEW.table_name, known), 'SELECT * FROM iasql_tables lists them.')`)}
  END IF;
  IF NEW.column_name IS NOT NULL THEN
    SELECT c.nature INTO nature FROM ${t}.iasql_column c
      WHERE c.table_name = NEW.table_name AND c.column_name = NEW.column_name;
    SELECT array_agg(c.column_name ORDER BY c.column_name) INTO known FROM ${t}.iasql_column c
      WHERE c.table_name = NEW.table_name AND c.nature = 'argument';
    IF nature IS NULL AND NEW.column_name NOT IN ('id', 'account_id', 'region') THEN
      ${refusal('42703', "format('%s has no column %s', NEW.table_name, NEW.column_name)", `coalesce(${t}.iasql_nearest(NEW.column_name, known), format('It has %s.', array_to_string(known, ', ')))`)}
    ELSIF nature IS DISTINCT FROM 'argument' THEN
      ${refusal('22023', "format('%s of %s is not yours to set, so no policy applies to it', NEW.column_name, NEW.table_name)", "format('A policy is about %s.', array_to_string(known, ', '))")}
    END IF;
  END IF;
  IF NEW.row_id IS NOT NULL AND ${t}.iasql_managed_row(NEW.table_name, NEW.row_id) IS NULL THEN
    ${refusal('P0002', "format('%s has no row %s', NEW.table_name, NEW.row_id)", "'Give the id of a row, or null for all rows.'")}
  END IF;
  RETURN NEW;`

const guard = (tenant: Tenant): readonly string[] => [
  ...triggerFunctionSql(tenant, {
    name: 'iasql_check_drift_policy',
    declarations: ['known text[];', 'nature text;'],
    body: checks(tenant.schema),
  }),
  `CREATE TRIGGER iasql_check BEFORE INSERT OR UPDATE ON ${tenant.schema}.iasql_drift_policy
    FOR EACH ROW EXECUTE FUNCTION ${tenant.schema}.iasql_check_drift_policy()`,
]

/** A row as it is now; with the caller's rights. */
const managedRow = (t: string): string => `
CREATE FUNCTION ${t}.iasql_managed_row(table_name text, id bigint) RETURNS jsonb LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp AS ${source(`
DECLARE found jsonb;
BEGIN
  EXECUTE format('SELECT to_jsonb(q.*) FROM ${t}.%I q WHERE q.id = $1', iasql_managed_row.table_name)
    INTO found USING iasql_managed_row.id;
  RETURN found;
END`)}`

/** Whether the value holds an expression, which nothing overwrites. */
const isExpression = (value: string): string => `${value}::text ~ '[$][{][a-z_][a-z0-9_]*[(][0-9]+[)][.]'`

/** Of a resource that is gone as a whole: what its row says of it. */
const given = (t: string): string => `(
          SELECT jsonb_object_agg(k.column_name, q.managed->k.column_name) FROM ${t}.iasql_column k
          WHERE k.table_name = r.table_name AND k.nature = 'argument' AND q.managed->k.column_name <> 'null')`

/**
 * Values as they are now: an edit that says what the cloud has makes the difference go at once. `changedBy`: SQL of who
 * changed column `c.key` of resource `r`.
 */
export const driftView = (t: string, changedBy: string): string =>
  `CREATE OR REPLACE VIEW ${t}.iasql_drift AS
    SELECT d.table_name, d.row_id, d.natural_name, d.column_name, d.table_value, d.cloud_value, d.first_seen,
      CASE WHEN d.policy = 'track' AND d.column_name IS NOT NULL AND ${isExpression('d.table_value')} THEN 'enforce' ELSE d.policy END AS policy,
      d.changed_by, d.account_id, d.region
    FROM (
      SELECT ${changedBy} AS changed_by, r.table_name, r.row_id, r.natural_name, r.account_id, r.region, nullif(c.key, '') AS column_name,
        CASE WHEN c.key <> '' THEN q.managed->c.key ELSE ${given(t)} END AS table_value,
        CASE WHEN c.key <> '' THEN r.observed->c.key ELSE 'null'::jsonb END AS cloud_value,
        (c.value->>'since')::timestamptz AS first_seen,
        ${effectivePolicy(t, { table: 'r.table_name', row: 'r.row_id', column: 'c.key' })} AS policy
      FROM ${t}.iasql_resource r
      CROSS JOIN LATERAL (SELECT ${t}.iasql_managed_row(r.table_name, r.row_id) AS managed OFFSET 0) q
      CROSS JOIN LATERAL jsonb_each(r.drift) c
      WHERE r.drift IS NOT NULL AND q.managed IS NOT NULL) d
    WHERE d.column_name IS NULL OR d.table_value IS DISTINCT FROM d.cloud_value`

const views = (t: string): readonly string[] => [
  driftView(t, 'NULL::text'),
  `CREATE VIEW ${t}.iasql_missing AS
    SELECT table_name, row_id, natural_name, account_id, region,
      coalesce((drift->''->>'since')::timestamptz, observed_at) AS missing_since
    FROM ${t}.iasql_resource WHERE base IS NOT NULL AND observed IS NULL`,
]

export const tenantDriftMigration: TenantMigration = {
  name: 'tenant-drift',
  version: 1,
  sql: (tenant: Tenant): readonly string[] => {
    const { schema: t, readerRole, writerRole } = tenant
    return [
      ...records(t),
      ...policies(t),
      nearest(t),
      `REVOKE ALL ON FUNCTION ${t}.iasql_nearest(text, text[]) FROM PUBLIC`,
      managedRow(t),
      `REVOKE ALL ON FUNCTION ${t}.iasql_managed_row(text, bigint) FROM PUBLIC`,
      `GRANT EXECUTE ON FUNCTION ${t}.iasql_managed_row(text, bigint) TO ${readerRole}, ${writerRole}`,
      ...guard(tenant),
      ...views(t),
      `GRANT SELECT ON ${t}.iasql_drift, ${t}.iasql_missing, ${t}.iasql_drift_policy TO ${readerRole}, ${writerRole}`,
      `GRANT INSERT, UPDATE, DELETE ON ${t}.iasql_drift_policy TO ${writerRole}`,
    ]
  },
}
