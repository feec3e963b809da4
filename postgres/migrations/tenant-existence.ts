/** One tenant's resources that are not its own, and those it asked to be left alone. */
import { triggerFunctionSql } from '#engine/ddl/sql-text.ts'
import type { Tenant } from '../tenant.ts'
import type { TenantMigration } from './migration.ts'

/** `listed`: whether a list of its place shows it; what only a reference led to goes with the last of them. */
const external = (t: string): readonly string[] => [
  `ALTER TABLE ${t}.iasql_resource ADD COLUMN external boolean NOT NULL DEFAULT false,
    ADD COLUMN listed boolean NOT NULL DEFAULT true`,
  `CREATE INDEX iasql_resource_external ON ${t}.iasql_resource (table_name, row_id) WHERE external`,
  `CREATE VIEW ${t}.iasql_external AS
    SELECT table_name, row_id, natural_name, account_id, region, cloud_id, observed->>'owner_id' AS owner_id, observed_at
    FROM ${t}.iasql_resource WHERE external`,
]

/** What sync leaves alone, and where it is. */
const forgotten = (t: string): readonly string[] => [
  `CREATE TABLE ${t}.iasql_forgotten (
    table_name text NOT NULL, cloud_id jsonb NOT NULL, natural_name text, account_id text, region text,
    forgotten_by text NOT NULL, forgotten_at timestamptz NOT NULL DEFAULT clock_timestamp())`,
  `CREATE UNIQUE INDEX iasql_forgotten_cloud_id ON ${t}.iasql_forgotten
    (table_name, cloud_id, coalesce(account_id, ''), coalesce(region, ''))`,
]

const isOurs = (resource: string): string =>
  `f.table_name = ${resource}.table_name AND f.cloud_id = ${resource}.cloud_id AND NOT ${resource}.external
      AND f.account_id IS NOT DISTINCT FROM ${resource}.account_id AND f.region IS NOT DISTINCT FROM ${resource}.region`

/** Whatever gives it a row of ours again (an adoption, an apply, a settled call) ends that it is left alone. */
const remembered = (tenant: Tenant): readonly string[] => {
  const t = tenant.schema
  const body = `  IF TG_OP = 'INSERT' THEN
    DELETE FROM ${t}.iasql_forgotten f USING new_rows r WHERE ${isOurs('r')};
  ELSE
    DELETE FROM ${t}.iasql_forgotten f WHERE ${isOurs('NEW')};
  END IF;
  RETURN NULL;`
  const on = `ON ${t}.iasql_resource`
  return [
    ...triggerFunctionSql(tenant, { name: 'iasql_remember_no_more', body }),
    `CREATE TRIGGER iasql_forgotten_insert AFTER INSERT ${on} REFERENCING NEW TABLE AS new_rows
      FOR EACH STATEMENT EXECUTE FUNCTION ${t}.iasql_remember_no_more()`,
    `CREATE TRIGGER iasql_forgotten_update AFTER UPDATE OF cloud_id, external ${on} FOR EACH ROW
      WHEN (NOT NEW.external AND (NEW.cloud_id IS DISTINCT FROM OLD.cloud_id OR OLD.external))
      EXECUTE FUNCTION ${t}.iasql_remember_no_more()`,
  ]
}

export const tenantExistenceMigration: TenantMigration = {
  name: 'tenant-existence',
  version: 1,
  sql: (tenant: Tenant): readonly string[] => {
    const t = tenant.schema
    return [
      ...external(t),
      ...forgotten(t),
      ...remembered(tenant),
      ...['iasql_external', 'iasql_forgotten'].map(
        (name) => `GRANT SELECT ON ${t}.${name} TO ${tenant.readerRole}, ${tenant.writerRole}`,
      ),
    ]
  },
}
