/** One tenant's history: what was changed in its tables, by whom and in which transaction. */
import { auditSmallTableSql } from '#engine/ddl/audit-sql.ts'
import { literal } from '#engine/ddl/sql-text.ts'
import { type Setting, settings, settingText } from '#engine/model/setting.ts'
import type { Tenant } from '../tenant.ts'
import type { TenantMigration } from './migration.ts'

/**
 * The triggers of the managed tables write it, so that nobody can leave anything out. Rows of a user find their actor by
 * their transaction's id in `iasql_commit`; rows of the engine have theirs themselves.
 */
const audit = (t: string): readonly string[] => [
  `CREATE TABLE ${t}.iasql_audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, ts timestamptz NOT NULL DEFAULT clock_timestamp(),
    table_name text, row_id bigint, change_type text NOT NULL, original jsonb, change jsonb,
    xid xid8 NOT NULL DEFAULT pg_catalog.pg_current_xact_id(), login text NOT NULL DEFAULT session_user,
    by_engine boolean NOT NULL, actor text, execution_id bigint, transaction_id text, message text)`,
  // Values are rows of a few hundred bytes: compressing them costs more than the disk.
  `ALTER TABLE ${t}.iasql_audit ALTER original SET STORAGE EXTERNAL, ALTER change SET STORAGE EXTERNAL`,
  // Its rows are written in the order of time, so that a summary of each range of pages is enough.
  `CREATE INDEX iasql_audit_ts ON ${t}.iasql_audit USING brin (ts) WITH (autosummarize = on)`,
  `CREATE INDEX iasql_audit_xid ON ${t}.iasql_audit (xid)`,
  `CREATE INDEX iasql_audit_row ON ${t}.iasql_audit (table_name, row_id)`,
  `CREATE INDEX iasql_audit_error ON ${t}.iasql_audit (id) WHERE change_type = 'ERROR'`,
  `CREATE INDEX iasql_audit_transaction ON ${t}.iasql_audit (transaction_id) WHERE transaction_id IS NOT NULL`,
  `ALTER TABLE ${t}.iasql_commit ADD COLUMN transaction_id text`,
  `CREATE INDEX iasql_commit_transaction ON ${t}.iasql_commit (transaction_id) WHERE transaction_id IS NOT NULL`,
]

const view = (t: string): readonly string[] => [
  `CREATE VIEW ${t}.iasql_audit_log AS
    SELECT a.id, a.ts, a.login AS "user", a.table_name, a.change_type,
      jsonb_build_object('original', a.original, 'change', a.change) AS change,
      coalesce(a.message, x.message) AS message,
      coalesce(a.transaction_id, c.transaction_id, a.xid::text) AS transaction_id, a.row_id,
      coalesce(a.actor, c.actor, CASE WHEN a.by_engine THEN 'iasql' ELSE a.login END) AS actor, a.by_engine
    FROM ${t}.iasql_audit a LEFT JOIN ${t}.iasql_commit c ON c.xid = a.xid
    LEFT JOIN ${t}.iasql_transaction x ON x.transaction_id = coalesce(a.transaction_id, c.transaction_id)`,
  `COMMENT ON VIEW ${t}.iasql_audit_log IS
    'What was changed in the managed tables, row by row: by users and, where by_engine, by syncs and applies.'`,
]

const settingTable = (tenant: Tenant): readonly string[] => {
  const rows = Object.values<Setting>(settings).map((setting) => {
    const value = settingText(setting, setting.default)
    return [setting.name, value, value, setting.description].map(literal).join(', ')
  })
  return [
    `CREATE TABLE ${tenant.schema}.iasql_setting (
      name text PRIMARY KEY, value text NOT NULL, default_value text NOT NULL, description text NOT NULL)`,
    `INSERT INTO ${tenant.schema}.iasql_setting VALUES ${rows.map((row) => `(${row})`).join(', ')}`,
    ...auditSmallTableSql(tenant, 'iasql_setting'),
  ]
}

export const tenantHistoryMigration: TenantMigration = {
  name: 'tenant-history',
  version: 1,
  sql: (tenant: Tenant): readonly string[] => {
    const { schema: t, readerRole, writerRole } = tenant
    return [
      ...audit(t),
      ...view(t),
      ...auditSmallTableSql(tenant, 'iasql_drift_policy'),
      ...settingTable(tenant),
      `GRANT SELECT ON ${t}.iasql_audit_log, ${t}.iasql_setting TO ${readerRole}, ${writerRole}`,
    ]
  },
}
