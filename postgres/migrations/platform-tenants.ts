/** What the platform decides about a tenant: which one is home, what it may use up, and how far its schema is. */
import type { PlatformMigration } from './migration.ts'

export const tenantsMigration: PlatformMigration = {
  name: 'tenants',
  version: 1,
  sql: [
    // Quotas: of the size of both schemas; of statements a minute; of runs that are open at once; of connections of each login.
    `ALTER TABLE iasql_platform.tenant
      ADD COLUMN is_home boolean NOT NULL DEFAULT false,
      ADD COLUMN placement text NOT NULL DEFAULT 'shared' CHECK (placement IN ('shared', 'dedicated')),
      ADD COLUMN suspended_at timestamptz,
      ADD COLUMN quota_bytes bigint NOT NULL DEFAULT 10737418240,
      ADD COLUMN quota_statements bigint NOT NULL DEFAULT 100000,
      ADD COLUMN quota_runs bigint NOT NULL DEFAULT 500,
      ADD COLUMN quota_connections int NOT NULL DEFAULT 20,
      ADD COLUMN schema_version int, ADD COLUMN schema_readable_since int,
      ADD COLUMN fingerprint text, ADD COLUMN upgrade_problem text,
      ADD COLUMN secrets_rotated_at timestamptz NOT NULL DEFAULT now()`,
    'ALTER TABLE iasql_platform.tenant DROP CONSTRAINT tenant_state_check',
    `ALTER TABLE iasql_platform.tenant ADD CONSTRAINT tenant_state_check
      CHECK (state IN ('creating', 'active', 'suspended', 'deleting'))`,
    'CREATE UNIQUE INDEX tenant_home ON iasql_platform.tenant (is_home) WHERE is_home',
    `UPDATE iasql_platform.tenant SET is_home = true
      WHERE tenant_id = (SELECT t.tenant_id FROM iasql_platform.tenant t ORDER BY t.created_at LIMIT 1)`,
    // Apart from the tenant's row, which plans and changes of people lock. `active_at`: something was begun; `clean_at`:
    // a sweep has found nothing open.
    `CREATE TABLE iasql_platform.tenant_usage (
      tenant_id text PRIMARY KEY REFERENCES iasql_platform.tenant ON DELETE CASCADE,
      window_start timestamptz, statements bigint NOT NULL DEFAULT 0,
      bytes bigint, measured_at timestamptz,
      active_at timestamptz, clean_at timestamptz) WITH (fillfactor = 50)`,
  ],
}
