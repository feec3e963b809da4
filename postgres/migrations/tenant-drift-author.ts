/** Who changed in the cloud what drifted, as far as the account's trail told. */
import type { Tenant } from '../tenant.ts'
import type { TenantMigration } from './migration.ts'
import { driftView } from './tenant-drift.ts'

/** By column, since each may have been changed by another; `asked_at` before the drift was first seen: of an earlier one. */
const authors = (t: string): string => `CREATE TABLE ${t}.iasql_drift_author (
  resource_id bigint NOT NULL REFERENCES ${t}.iasql_resource ON DELETE CASCADE, column_name text NOT NULL,
  changed_by text, asked_at timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (resource_id, column_name))`

const changedBy = (t: string): string => `(SELECT a.changed_by FROM ${t}.iasql_drift_author a
          WHERE a.resource_id = r.resource_id AND a.column_name = c.key AND a.asked_at >= (c.value->>'since')::timestamptz)`

export const tenantDriftAuthorMigration: TenantMigration = {
  name: 'tenant-drift-author',
  version: 1,
  sql: ({ schema: t }: Tenant): readonly string[] => [authors(t), driftView(t, changedBy(t))],
}
