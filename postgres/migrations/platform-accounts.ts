/** Linked accounts: which roles a tenant becomes where. No role serves two tenants. */
import type { PlatformMigration } from './migration.ts'

export const accountsMigration: PlatformMigration = {
  name: 'accounts',
  version: 1,
  sql: [
    // Made by us, once for a tenant, and put into the trust policy of its roles.
    `CREATE TABLE iasql_platform.external_id (
      tenant_id text PRIMARY KEY REFERENCES iasql_platform.tenant ON DELETE CASCADE,
      external_id text NOT NULL UNIQUE, made_at timestamptz NOT NULL DEFAULT now())`,
    `CREATE TABLE iasql_platform.linked_account (
      tenant_id text NOT NULL REFERENCES iasql_platform.tenant ON DELETE CASCADE,
      account_id text NOT NULL CHECK (account_id ~ '^[0-9]{12}$'),
      read_role_arn text NOT NULL, write_role_arn text, external_id text NOT NULL,
      linked_at timestamptz NOT NULL DEFAULT now(), linked_by text NOT NULL,
      PRIMARY KEY (tenant_id, account_id))`,
    // IAM tells names apart without regard to case.
    `CREATE TABLE iasql_platform.linked_role (
      role_arn text NOT NULL, tenant_id text NOT NULL, account_id text NOT NULL,
      FOREIGN KEY (tenant_id, account_id) REFERENCES iasql_platform.linked_account ON DELETE CASCADE)`,
    'CREATE UNIQUE INDEX linked_role_arn ON iasql_platform.linked_role (lower(role_arn))',
    'CREATE INDEX linked_role_account ON iasql_platform.linked_role (tenant_id, account_id)',
  ],
}
