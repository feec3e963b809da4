/** The engine's own tables of one tenant: what is installed, what the cloud has, what is planned, what is being done. */
import { referenceFunctionSql } from '#engine/ddl/reference-function.ts'
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

/** `unprojected`: outputs that are committed but not yet in the tenant's row, because its lock was held. */
const resources = (t: string): readonly string[] => [
  `CREATE TABLE ${t}.iasql_resource (
    resource_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    table_name text NOT NULL, row_id bigint NOT NULL, account_id text, region text, natural_name text,
    cloud_id jsonb, base jsonb, base_version bigint NOT NULL DEFAULT 0,
    observed jsonb, observed_at timestamptz, written_at timestamptz,
    companion_of bigint, unprojected jsonb, UNIQUE (table_name, row_id))`,
  `CREATE UNIQUE INDEX iasql_resource_cloud_id ON ${t}.iasql_resource
    (table_name, coalesce(account_id, ''), coalesce(region, ''), cloud_id)`,
  `CREATE INDEX iasql_resource_companion ON ${t}.iasql_resource (companion_of) WHERE companion_of IS NOT NULL`,
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
 */
const intents = (t: string): readonly string[] => [
  `CREATE TABLE ${t}.iasql_intent (
    table_name text NOT NULL, row_id bigint NOT NULL, attempt int NOT NULL DEFAULT 0,
    token text, want jsonb, account_id text, region text, natural_name text, edit_version bigint,
    called_at timestamptz, deadline timestamptz, PRIMARY KEY (table_name, row_id))`,
  `CREATE INDEX iasql_intent_open ON ${t}.iasql_intent (table_name, row_id) WHERE token IS NOT NULL`,
]

const missing = (t: string): readonly string[] => [
  `CREATE VIEW ${t}.iasql_missing AS
    SELECT table_name, row_id, natural_name, account_id, region, observed_at AS missing_since
    FROM ${t}.iasql_resource WHERE base IS NOT NULL AND observed IS NULL`,
]

const executions = (t: string): readonly string[] => [
  `CREATE TABLE ${t}.iasql_execution_record (
    execution_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL, rpc text NOT NULL, arguments jsonb NOT NULL, actor text NOT NULL,
    state text NOT NULL DEFAULT 'queued'
      CHECK (state IN ('queued', 'running', 'waiting', 'succeeded', 'failed', 'cancelled')),
    lease_holder uuid, fence bigint NOT NULL DEFAULT 0, lease_until timestamptz,
    cancel_requested boolean NOT NULL DEFAULT false,
    run_id uuid, statement int, context uuid,
    started_at timestamptz NOT NULL DEFAULT now(), ended_at timestamptz,
    done int NOT NULL DEFAULT 0, failed int NOT NULL DEFAULT 0, total int NOT NULL DEFAULT 0,
    memory jsonb NOT NULL DEFAULT '{}', error jsonb)`,
  `CREATE INDEX iasql_execution_open ON ${t}.iasql_execution_record (execution_id) WHERE ended_at IS NULL`,
  `CREATE TABLE ${t}.iasql_execution_row (
    execution_id bigint NOT NULL REFERENCES ${t}.iasql_execution_record ON DELETE CASCADE,
    ordinal bigint GENERATED ALWAYS AS IDENTITY, body jsonb NOT NULL, PRIMARY KEY (execution_id, ordinal))`,
  `CREATE VIEW ${t}.iasql_execution AS
    SELECT execution_id, kind, state, actor AS holder, started_at, ended_at, done, failed, total,
      arguments, run_id, statement, CASE WHEN kind = 'apply' THEN (arguments->>0)::bigint END AS plan_id,
      cancel_requested, error
    FROM ${t}.iasql_execution_record`,
]

const changes = (t: string): readonly string[] => [
  `CREATE TABLE ${t}.iasql_plan_record (
    plan_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(), made_by text NOT NULL, mine boolean NOT NULL,
    execution_id bigint)`,
  `CREATE TABLE ${t}.iasql_change_record (
    change_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    plan_id bigint NOT NULL REFERENCES ${t}.iasql_plan_record ON DELETE CASCADE,
    execution_id bigint, transaction_id text, action text NOT NULL,
    table_name text NOT NULL, row_id bigint NOT NULL, natural_name text, cloud_id jsonb, changed jsonb,
    reason text, risk text, unknown text[] NOT NULL DEFAULT '{}', depends_on bigint[] NOT NULL DEFAULT '{}',
    calls int, estimate_ms int, actor text, edited_at timestamptz, edit_version bigint NOT NULL DEFAULT 0,
    account_id text, region text, planned jsonb NOT NULL DEFAULT '{}', steps jsonb NOT NULL DEFAULT '[]',
    state text NOT NULL DEFAULT 'pending'
      CHECK (state IN ('pending', 'started', 'waiting', 'done', 'failed', 'skipped', 'needs_decision')),
    error jsonb, attempt int NOT NULL DEFAULT 0, started_at timestamptz, ended_at timestamptz,
    want jsonb, token text, called_at timestamptz, deadline timestamptz, waiting jsonb)`,
  `CREATE INDEX iasql_change_plan ON ${t}.iasql_change_record (plan_id)`,
  `CREATE INDEX iasql_change_execution ON ${t}.iasql_change_record (execution_id)`,
  `CREATE UNIQUE INDEX iasql_change_claim ON ${t}.iasql_change_record (table_name, row_id)
    WHERE execution_id IS NOT NULL AND state IN ('pending', 'started', 'waiting')`,
  `CREATE VIEW ${t}.iasql_change AS
    SELECT change_id, plan_id, execution_id, transaction_id, action, table_name, row_id, natural_name, cloud_id,
      changed, reason, risk, state, error, attempt, started_at, ended_at,
      unknown, depends_on, calls, estimate_ms, actor, edited_at, account_id, region
    FROM ${t}.iasql_change_record`,
  `CREATE VIEW ${t}.iasql_plan AS
    SELECT p.plan_id, p.made_at, p.made_by,
      p.execution_id IS NOT NULL OR EXISTS (
        SELECT FROM ${t}.iasql_change_record c JOIN ${t}.iasql_edit e USING (table_name, row_id)
        WHERE c.plan_id = p.plan_id AND e.edit_id > c.edit_version)
      OR EXISTS (
        SELECT FROM ${t}.iasql_change_record c JOIN ${t}.iasql_resource r USING (table_name, row_id)
        WHERE c.plan_id = p.plan_id AND (r.observed_at > p.made_at OR r.written_at > p.made_at)) AS stale
    FROM ${t}.iasql_plan_record p`,
]

const readable = [
  'iasql_module',
  'iasql_tables',
  'iasql_dependencies',
  'iasql_missing',
  'iasql_execution',
  'iasql_change',
  'iasql_plan',
]

export const tenantEngineMigration: TenantMigration = {
  name: 'tenant-engine',
  version: 1,
  sql: (tenant: Tenant): readonly string[] => {
    const t = tenant.schema
    return [
      ...modules(t),
      ...resources(t),
      ...intents(t),
      ...missing(t),
      ...executions(t),
      ...changes(t),
      ...referenceFunctionSql(tenant),
      ...readable.map((name) => `GRANT SELECT ON ${t}.${name} TO ${tenant.readerRole}, ${tenant.writerRole}`),
    ]
  },
}
