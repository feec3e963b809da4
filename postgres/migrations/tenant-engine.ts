/** The engine's own tables of one tenant: what is installed, what the cloud has, what is planned, what is being done. */

import { referenceFunctionSql } from '#engine/ddl/reference-function.ts'
import { isOpen } from '../statements/open-change.ts'
import type { Tenant } from '../tenant.ts'
import type { TenantMigration } from './migration.ts'

const modules = (t: string): readonly string[] => [
  `CREATE TABLE ${t}.iasql_module (
    name text PRIMARY KEY, version text NOT NULL, installed_at timestamptz NOT NULL DEFAULT now())`,
  `CREATE TABLE ${t}.iasql_tables (
    module text NOT NULL REFERENCES ${t}.iasql_module ON DELETE CASCADE, "table" text PRIMARY KEY)`,
  `CREATE TABLE ${t}.iasql_dependencies (
    module text NOT NULL REFERENCES ${t}.iasql_module ON DELETE CASCADE,
    dependency text NOT NULL REFERENCES ${t}.iasql_module, PRIMARY KEY (module, dependency))`,
]

/**
 * `unprojected`: outputs that are committed but not yet in the tenant's row, because its lock was held. `unread`: written,
 * and nobody has read yet what became of it; `tried_at`: when that was tried last.
 */
const resources = (t: string): readonly string[] => [
  `CREATE TABLE ${t}.iasql_resource (
    resource_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    table_name text NOT NULL, row_id bigint NOT NULL, account_id text, region text, natural_name text,
    cloud_id jsonb, base jsonb, base_version bigint NOT NULL DEFAULT 0,
    observed jsonb, observed_at timestamptz, written_at timestamptz,
    companion_of bigint, unprojected jsonb, unread boolean NOT NULL DEFAULT false, tried_at timestamptz,
    UNIQUE (table_name, row_id))`,
  `CREATE UNIQUE INDEX iasql_resource_cloud_id ON ${t}.iasql_resource
    (table_name, cloud_id, coalesce(account_id, ''), coalesce(region, ''))`,
  `CREATE INDEX iasql_resource_companion ON ${t}.iasql_resource (companion_of) WHERE companion_of IS NOT NULL`,
  `CREATE INDEX iasql_resource_unread ON ${t}.iasql_resource (tried_at NULLS FIRST, resource_id) WHERE unread`,
  `CREATE INDEX iasql_resource_unprojected ON ${t}.iasql_resource (resource_id) WHERE unprojected IS NOT NULL`,
  `CREATE TABLE ${t}.iasql_edit (
    edit_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    table_name text NOT NULL, row_id bigint NOT NULL, op "char" NOT NULL,
    xid xid8 NOT NULL DEFAULT pg_catalog.pg_current_xact_id(), at timestamptz NOT NULL DEFAULT now(),
    login text NOT NULL DEFAULT session_user, companion boolean NOT NULL DEFAULT false)`,
  `CREATE INDEX iasql_edit_row ON ${t}.iasql_edit (table_name, row_id, edit_id)`,
]

/**
 * What is remembered of the creates of a row beyond the change that asked for them. With a token: a call whose outcome
 * nobody knows yet. Records outlive their resource, so that no two resources of one row ever share a token.
 * `siblings`, of a kind that nothing can be looked up by: what there was before the call; `candidates`: what has come since
 * and may be what it made, of which somebody has to say which is meant.
 */
const intents = (t: string): readonly string[] => [
  `CREATE TABLE ${t}.iasql_intent (
    table_name text NOT NULL, row_id bigint NOT NULL, attempt int NOT NULL DEFAULT 0,
    token text, want jsonb, account_id text, region text, natural_name text, edit_version bigint, snapshot pg_snapshot,
    called_at timestamptz, deadline timestamptz, first_called_at timestamptz, siblings jsonb, candidates jsonb,
    PRIMARY KEY (table_name, row_id))`,
  `CREATE INDEX iasql_intent_open ON ${t}.iasql_intent (table_name, row_id) WHERE token IS NOT NULL`,
]

const executions = (t: string): readonly string[] => [
  `CREATE TABLE ${t}.iasql_execution_record (
    execution_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL, rpc text NOT NULL, arguments jsonb NOT NULL, actor text NOT NULL,
    state text NOT NULL DEFAULT 'queued'
      CHECK (state IN ('queued', 'running', 'waiting', 'succeeded', 'failed', 'cancelled')),
    lease_holder uuid, fence bigint NOT NULL DEFAULT 0, lease_until timestamptz,
    touched_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    cancel_requested boolean NOT NULL DEFAULT false, planned boolean NOT NULL DEFAULT false,
    run_id uuid, statement int, context uuid,
    started_at timestamptz NOT NULL DEFAULT now(), ended_at timestamptz,
    done int NOT NULL DEFAULT 0, failed int NOT NULL DEFAULT 0, total int NOT NULL DEFAULT 0,
    memory jsonb NOT NULL DEFAULT '{}', error jsonb)`,
  `CREATE INDEX iasql_execution_open ON ${t}.iasql_execution_record (execution_id) WHERE ended_at IS NULL`,
  `CREATE TABLE ${t}.iasql_execution_row (
    execution_id bigint NOT NULL REFERENCES ${t}.iasql_execution_record ON DELETE CASCADE,
    ordinal bigint GENERATED ALWAYS AS IDENTITY, body jsonb NOT NULL, PRIMARY KEY (execution_id, ordinal))`,
  `CREATE TABLE ${t}.iasql_execution_held (
    execution_id bigint NOT NULL REFERENCES ${t}.iasql_execution_record ON DELETE CASCADE,
    table_name text NOT NULL, row_id bigint NOT NULL, holder bigint, PRIMARY KEY (execution_id, table_name, row_id))`,
]

/**
 * `snapshot`: what was committed when a plan began to read. Edits of one row are not committed in the order of their ids, as
 * that of a value makes edits of rows that others hold locked, so a plan knows its edits by this.
 * `circle`: what a change needs that needs it too, as replacements do; `depends_on` shows only what comes before it.
 * `applied_as`: of a preview the change of the last apply that took it up; what becomes of that is shown of both.
 */
const changes = (t: string): readonly string[] => [
  `CREATE TABLE ${t}.iasql_plan_record (
    plan_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(), made_by text NOT NULL, mine boolean NOT NULL,
    execution_id bigint, snapshot pg_snapshot NOT NULL)`,
  `CREATE TABLE ${t}.iasql_change_record (
    change_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    plan_id bigint NOT NULL REFERENCES ${t}.iasql_plan_record ON DELETE CASCADE,
    execution_id bigint, transaction_id text, action text NOT NULL,
    table_name text NOT NULL, row_id bigint NOT NULL, natural_name text, cloud_id jsonb, changed jsonb,
    reason text, risk text, unknown text[] NOT NULL DEFAULT '{}', depends_on bigint[] NOT NULL DEFAULT '{}',
    circle bigint[] NOT NULL DEFAULT '{}',
    calls int, estimate_ms int, actor text, edited_at timestamptz, edit_version bigint NOT NULL DEFAULT 0,
    account_id text, region text, planned jsonb NOT NULL DEFAULT '{}', steps jsonb NOT NULL DEFAULT '[]',
    companion boolean NOT NULL DEFAULT false, applied_as bigint, basis jsonb NOT NULL DEFAULT '{}',
    state text NOT NULL DEFAULT 'pending'
      CHECK (state IN ('pending', 'started', 'waiting', 'done', 'failed', 'skipped', 'needs_decision')),
    error jsonb, attempt int NOT NULL DEFAULT 0, started_at timestamptz, ended_at timestamptz,
    want jsonb, token text, called_at timestamptz, deadline timestamptz, waiting jsonb)`,
  `CREATE INDEX iasql_change_plan ON ${t}.iasql_change_record (plan_id, change_id)`,
  `CREATE INDEX iasql_change_execution ON ${t}.iasql_change_record (execution_id, change_id)`,
  `CREATE UNIQUE INDEX iasql_change_claim ON ${t}.iasql_change_record (table_name, row_id)
    WHERE execution_id IS NOT NULL AND ${isOpen()}`,
  `CREATE VIEW ${t}.iasql_change AS
    SELECT c.change_id, c.plan_id, c.execution_id, c.transaction_id, c.action, c.table_name, c.row_id, c.natural_name,
      d.cloud_id, c.changed, c.reason, c.risk, coalesce(d.state, c.state) AS state, d.error, d.attempt, d.started_at, d.ended_at,
      c.unknown, c.depends_on, c.calls, c.estimate_ms, c.actor, c.edited_at, c.account_id, c.region
    FROM ${t}.iasql_change_record c
    LEFT JOIN ${t}.iasql_change_record d ON d.change_id = coalesce(c.applied_as, c.change_id)`,
]

/** While it works, what has ended so far is counted; what goes along with its parent is not. */
const executionView = (t: string): readonly string[] => [
  `CREATE VIEW ${t}.iasql_execution AS
    SELECT x.execution_id, x.kind, x.state, x.actor AS holder, x.started_at, x.ended_at,
      x.done + live.done + gathered.rows AS done, x.failed + live.failed AS failed,
      x.total + live.total + gathered.rows AS total,
      x.arguments, x.run_id, x.statement,
      CASE WHEN x.kind = 'apply' THEN (x.arguments->>0)::bigint END AS plan_id, x.cancel_requested, x.error
    FROM ${t}.iasql_execution_record x,
      LATERAL (
        SELECT count(*) FILTER (WHERE c.state = 'done')::int AS done,
          count(*) FILTER (WHERE c.state IN ('failed', 'needs_decision'))::int AS failed, count(*)::int AS total
        FROM ${t}.iasql_change_record c WHERE x.ended_at IS NULL AND c.execution_id = x.execution_id
          AND NOT coalesce((c.planned->>'companion')::boolean, false)) live,
      LATERAL (
        SELECT count(*)::int AS rows FROM ${t}.iasql_execution_row r
        WHERE x.ended_at IS NULL AND x.kind = 'sync' AND r.execution_id = x.execution_id) gathered`,
]

const readable = ['iasql_module', 'iasql_tables', 'iasql_dependencies', 'iasql_execution', 'iasql_change']

export const tenantEngineMigration: TenantMigration = {
  name: 'tenant-engine',
  version: 1,
  sql: (tenant: Tenant): readonly string[] => {
    const t = tenant.schema
    return [
      ...modules(t),
      ...resources(t),
      ...intents(t),
      ...executions(t),
      ...changes(t),
      ...executionView(t),
      ...referenceFunctionSql(tenant),
      ...readable.map((name) => `GRANT SELECT ON ${t}.${name} TO ${tenant.readerRole}, ${tenant.writerRole}`),
    ]
  },
}
