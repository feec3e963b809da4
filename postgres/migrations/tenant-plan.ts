/** A plan as a relation: what of it to leave out, and what has moved since it was made. */
import { noticeSql, triggerFunctionSql } from '#engine/ddl/sql-text.ts'
import { effectivePolicy } from '../effective-policy.ts'
import { dealtWithSql, leftOutSql } from '../statements/plan-scope.ts'
import type { Tenant } from '../tenant.ts'
import type { TenantMigration } from './migration.ts'

/** Outputs may change by the hour, such as the free addresses of a subnet, without anything of a plan having moved. */
const versions = (tenant: Tenant): readonly string[] => {
  const t = tenant.schema
  const isMoved = `NEW.cloud_id IS DISTINCT FROM OLD.cloud_id
    OR (NEW.observed IS NULL) <> (OLD.observed IS NULL)
    OR EXISTS (SELECT FROM jsonb_each(NEW.observed) n FULL JOIN jsonb_each(OLD.observed) o USING (key)
      WHERE coalesce(n.value, 'null') <> coalesce(o.value, 'null') AND NOT EXISTS (
        SELECT FROM ${t}.iasql_column k
        WHERE k.table_name = NEW.table_name AND k.column_name = key AND k.nature = 'output'))`
  return [
    `CREATE SEQUENCE ${t}.iasql_observed_version`,
    `ALTER TABLE ${t}.iasql_resource
      ADD COLUMN observed_version bigint NOT NULL DEFAULT nextval('${t}.iasql_observed_version')`,
    ...triggerFunctionSql(tenant, {
      name: 'iasql_raise_observed_version',
      body: `  IF ${isMoved} THEN NEW.observed_version = nextval('${t}.iasql_observed_version'); END IF;
  RETURN NEW;`,
    }),
    `CREATE TRIGGER iasql_raise_observed_version BEFORE UPDATE OF observed, cloud_id ON ${t}.iasql_resource FOR EACH ROW
      WHEN (NEW.observed IS DISTINCT FROM OLD.observed OR NEW.cloud_id IS DISTINCT FROM OLD.cloud_id)
      EXECUTE FUNCTION ${t}.iasql_raise_observed_version()`,
  ]
}

const choices = (tenant: Tenant): readonly string[] => {
  const t = tenant.schema
  const refuse = (sqlstate: string, message: string, hint: string) =>
    `RAISE EXCEPTION USING ERRCODE = '${sqlstate}', MESSAGE = ${message}, HINT = '${hint}';`
  const again = 'SELECT * FROM iasql_preview() makes a plan and shows its number and those of its changes.'
  const body = `  SELECT p.execution_id INTO maker FROM ${t}.iasql_plan_record p WHERE p.plan_id = NEW.plan_id;
  IF NOT FOUND THEN ${refuse('23503', `format('there is no plan %s', NEW.plan_id)`, again)} END IF;
  IF maker IS NOT NULL THEN
    ${refuse('IQ003', `format('plan %s was made by execution %s for itself', NEW.plan_id, maker)`, again)}
  END IF;
  SELECT c.companion INTO goes_along FROM ${t}.iasql_change_record c
    WHERE c.change_id = NEW.change_id AND c.plan_id = NEW.plan_id;
  IF NOT FOUND THEN
    ${refuse('23503', `format('plan %s has no change %s', NEW.plan_id, NEW.change_id)`, again)}
  END IF;
  IF goes_along THEN
    ${noticeSql(tenant, `format('change %s goes with that of its parent', NEW.change_id)`, `'It is no choice of its own; skip the change of the parent.'`)}
    RETURN NULL;
  END IF;
  RETURN NEW;`
  return [
    `CREATE TABLE ${t}.iasql_plan_choice (
      plan_id bigint NOT NULL REFERENCES ${t}.iasql_plan_record ON DELETE CASCADE, change_id bigint NOT NULL,
      skip boolean NOT NULL DEFAULT true, PRIMARY KEY (plan_id, change_id))`,
    ...triggerFunctionSql(tenant, {
      name: 'iasql_check_plan_choice',
      declarations: ['maker bigint; goes_along boolean;'],
      body,
    }),
    `CREATE TRIGGER iasql_check_plan_choice BEFORE INSERT OR UPDATE ON ${t}.iasql_plan_choice
      FOR EACH ROW EXECUTE FUNCTION ${t}.iasql_check_plan_choice()`,
  ]
}

/** SQL that holds of an edit that the plan has not seen. */
const isLaterEdit = 'NOT pg_visible_in_snapshot(e.xid, p.snapshot)'

/** Of the row itself: edited, done by another apply, or otherwise in the cloud than it was. */
const ownMovement = (t: string): string => `
  CASE WHEN newest.is_later THEN 'edited again by ' || newest.actor
    WHEN c.edited_at IS NOT NULL AND newest.is_later IS NULL THEN 'applied since'
    WHEN EXISTS (SELECT FROM jsonb_each_text(c.basis->'policies') d
      WHERE ${effectivePolicy(t, { table: 'c.table_name', row: 'c.row_id', column: 'd.key' })} <> d.value)
      THEN 'its drift policy is another'
    WHEN r.observed_version IS NOT DISTINCT FROM (c.basis->>'observed_version')::bigint THEN NULL
    WHEN c.cloud_id IS NOT NULL AND r.observed IS NULL THEN 'gone from the cloud'
    ELSE 'changed in the cloud' || coalesce('; it now conflicts in ' || (
      SELECT string_agg(d.key, ', ' ORDER BY d.key) FROM jsonb_each(c.changed) d
      WHERE c.action IN ('update', 'replace')
        AND coalesce(r.observed->d.key, 'null') IS DISTINCT FROM coalesce(d.value->'from', 'null')), '') END`

/** Of the rows it refers to: edited by a user, or not the same in the cloud any more as far as it matters. */
const groundMovement = (t: string): string => `
  SELECT format('%s, which it refers to, %s', g.name,
    CASE WHEN g.is_edited THEN 'was edited' WHEN g.is_there AND g.observed IS NULL THEN 'is gone from the cloud'
      ELSE 'is another in the cloud' END) AS what
  FROM (
    SELECT w.*, q.cloud_id AS known_as, q.observed, coalesce(q.base_version, 0) > w.edit_version OR EXISTS (
      SELECT FROM ${t}.iasql_edit e
      WHERE e.table_name = w.table_name AND e.row_id = w.row_id AND ${isLaterEdit}) AS is_edited
    FROM jsonb_to_recordset(c.basis->'refers') AS w (table_name text, row_id bigint, name text, edit_version bigint,
      cloud_id jsonb, is_there boolean, used jsonb)
    LEFT JOIN ${t}.iasql_resource q ON q.table_name = w.table_name AND q.row_id = w.row_id) g
  WHERE g.is_edited
    OR (g.known_as IS DISTINCT FROM nullif(g.cloud_id, 'null') OR (g.observed IS NOT NULL) IS DISTINCT FROM g.is_there
      OR EXISTS (SELECT FROM jsonb_each(g.used) u WHERE coalesce(g.observed->u.key, 'null') IS DISTINCT FROM u.value))
      AND (g.table_name, g.row_id) NOT IN (SELECT d.table_name, d.row_id FROM dealt_with d)
  ORDER BY g.table_name, g.row_id LIMIT 1`

/**
 * Why a preview is stale, by change. What is left out by choice does not count, nor does what an apply of the plan
 * itself has done; whatever else happens to other rows is no reason.
 */
const movements = (t: string): readonly string[] => [
  `CREATE VIEW ${t}.iasql_plan_movement AS
    SELECT p.plan_id, m.change_id, m.table_name, m.row_id, m.natural_name, m.what
    FROM ${t}.iasql_plan_record p CROSS JOIN LATERAL (
      WITH RECURSIVE ${leftOutSql(t, 'p.plan_id')}, ${dealtWithSql(t, 'p.plan_id')}
      SELECT c.change_id, c.table_name, c.row_id, c.natural_name, coalesce(${ownMovement(t)}, ground.what) AS what
      FROM ${t}.iasql_change_record c
      LEFT JOIN ${t}.iasql_resource r ON r.table_name = c.table_name AND r.row_id = c.row_id
      LEFT JOIN LATERAL (
        SELECT ${isLaterEdit} AS is_later, coalesce(k.actor, e.login) AS actor
        FROM ${t}.iasql_edit e LEFT JOIN ${t}.iasql_commit k ON k.xid = e.xid
        WHERE e.table_name = c.table_name AND e.row_id = c.row_id
        ORDER BY 1 DESC, e.edit_id DESC LIMIT 1) newest ON true
      LEFT JOIN LATERAL (${groundMovement(t)}) ground ON true
      WHERE c.plan_id = p.plan_id AND NOT c.companion AND c.change_id NOT IN (SELECT l.change_id FROM left_out l)
        AND (c.table_name, c.row_id) NOT IN (SELECT d.table_name, d.row_id FROM dealt_with d)) m
    WHERE p.execution_id IS NULL AND m.what IS NOT NULL`,
  `CREATE VIEW ${t}.iasql_plan AS
    SELECT p.plan_id, p.made_at, p.made_by, p.execution_id IS NOT NULL
      OR EXISTS (SELECT FROM ${t}.iasql_plan_movement m WHERE m.plan_id = p.plan_id) AS stale
    FROM ${t}.iasql_plan_record p`,
]

export const tenantPlanMigration: TenantMigration = {
  name: 'tenant-plan',
  version: 1,
  sql: (tenant: Tenant): readonly string[] => {
    const { schema: t, readerRole, writerRole } = tenant
    return [
      `CREATE INDEX iasql_execution_plan ON ${t}.iasql_execution_record ((arguments->>0)) WHERE kind = 'apply'`,
      ...versions(tenant),
      ...choices(tenant),
      ...movements(t),
      `GRANT SELECT ON ${t}.iasql_plan, ${t}.iasql_plan_choice TO ${readerRole}, ${writerRole}`,
      `GRANT INSERT, UPDATE, DELETE ON ${t}.iasql_plan_choice TO ${writerRole}`,
    ]
  },
}
