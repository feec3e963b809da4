/**
 * Who may come in, as the tenant sees it: copies that the engine makes of its own part of the platform's rows. Nothing in
 * the tenant's schema reads the platform's, so no view or function of it can be made to show another tenant's.
 */
import { auditSmallTableSql } from '#engine/ddl/audit-sql.ts'
import type { Tenant } from '../tenant.ts'
import type { TenantMigration } from './migration.ts'

/** When a token was last used is nobody's edit: it is kept beside what the audit log tells of. */
const tables = (t: string): readonly string[] => [
  `CREATE TABLE ${t}.iasql_member (subject text PRIMARY KEY, role text NOT NULL, added_at timestamptz NOT NULL)`,
  `CREATE TABLE ${t}.iasql_token_record (
    name text PRIMARY KEY, role text NOT NULL, created_at timestamptz NOT NULL, expires_at timestamptz)`,
  `CREATE TABLE ${t}.iasql_token_use (
    name text PRIMARY KEY REFERENCES ${t}.iasql_token_record ON DELETE CASCADE, last_used_at timestamptz NOT NULL)`,
  `CREATE VIEW ${t}.iasql_token AS
    SELECT k.name, k.role, k.created_at, k.expires_at, u.last_used_at
    FROM ${t}.iasql_token_record k LEFT JOIN ${t}.iasql_token_use u USING (name)`,
  `COMMENT ON TABLE ${t}.iasql_member IS 'Who may sign in, and what they may do: changed by iasql_member_add and iasql_member_remove.'`,
  `COMMENT ON VIEW ${t}.iasql_token IS 'API tokens, without their texts: changed by iasql_token_create and iasql_token_revoke.'`,
]

export const tenantPeopleMigration: TenantMigration = {
  name: 'tenant-people',
  version: 1,
  sql: (tenant: Tenant): readonly string[] => {
    const { schema: t, readerRole, writerRole } = tenant
    return [
      ...tables(t),
      ...auditSmallTableSql(tenant, 'iasql_member'),
      ...auditSmallTableSql(tenant, 'iasql_token_record', 'iasql_token'),
      `GRANT SELECT ON ${t}.iasql_member, ${t}.iasql_token TO ${readerRole}, ${writerRole}`,
    ]
  },
}
