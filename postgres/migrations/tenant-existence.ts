/** One tenant's resources that are not its own, and those it asked to be left alone. */
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

export const tenantExistenceMigration: TenantMigration = {
  name: 'tenant-existence',
  version: 1,
  sql: (tenant: Tenant): readonly string[] => {
    const t = tenant.schema
    return [
      ...external(t),
      ...forgotten(t),
      ...['iasql_external', 'iasql_forgotten'].map(
        (name) => `GRANT SELECT ON ${t}.${name} TO ${tenant.readerRole}, ${tenant.writerRole}`,
      ),
    ]
  },
}
