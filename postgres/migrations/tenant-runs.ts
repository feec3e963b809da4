/** One tenant's runs: their text, events and stored results, what was committed by whom, and results of functions. */
import type { Tenant } from '../tenant.ts'
import type { TenantMigration } from './migration.ts'
import { invokerFunctions } from './tenant-run-functions.ts'

/**
 * `memory`: what a statement that waits for an execution must find again. `listeners`: connections that get the events
 * as they are made. The text is in `iasql_run_part`, encrypted, until the run ends.
 */
const runs = (t: string): readonly string[] => [
  `CREATE TABLE ${t}.iasql_run (
    run_id uuid PRIMARY KEY, actor text NOT NULL, role text NOT NULL, connection_id text,
    state text NOT NULL CHECK (state IN ('receiving', 'accepted', 'running', 'handed', 'waiting',
      'succeeded', 'failed', 'cancelled', 'interrupted')),
    options jsonb NOT NULL DEFAULT '{}', settings jsonb NOT NULL DEFAULT '{}', memory jsonb,
    listeners jsonb NOT NULL DEFAULT '[]', last_seq bigint NOT NULL DEFAULT 0,
    next_statement int NOT NULL DEFAULT 0, failed boolean NOT NULL DEFAULT false,
    part_count int, parts_received int NOT NULL DEFAULT 0, bytes_received bigint NOT NULL DEFAULT 0,
    cancel_requested boolean NOT NULL DEFAULT false,
    holder uuid, fence bigint NOT NULL DEFAULT 0, lease_until timestamptz,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(), ended_at timestamptz)`,
  `CREATE INDEX iasql_run_open ON ${t}.iasql_run (created_at) WHERE ended_at IS NULL`,
  `CREATE TABLE ${t}.iasql_run_part (run_id uuid, place int, text text NOT NULL, PRIMARY KEY (run_id, place))`,
  `ALTER TABLE ${t}.iasql_run_part ALTER text SET STORAGE EXTERNAL`,
  `CREATE TABLE ${t}.iasql_run_page (
    run_id uuid, statement int, place int, part int, parts int, body jsonb NOT NULL,
    PRIMARY KEY (run_id, statement, place, part))`,
  `CREATE TABLE ${t}.iasql_event (
    run_id uuid, execution_id bigint, seq bigint NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind text NOT NULL, body jsonb NOT NULL, UNIQUE (run_id, seq), UNIQUE (execution_id, seq))`,
  // Rows are most of it and do not shrink much; compressing them costs more than the disk.
  `ALTER TABLE ${t}.iasql_event ALTER body SET STORAGE EXTERNAL`,
  `CREATE INDEX iasql_event_at ON ${t}.iasql_event (at)`,
]

const commits = (t: string): readonly string[] => [
  `CREATE TABLE ${t}.iasql_commit (
    xid xid8 PRIMARY KEY, actor text NOT NULL, run_id uuid NOT NULL, statement int NOT NULL,
    tag text NOT NULL, row_count bigint NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp())`,
  `CREATE INDEX iasql_commit_run ON ${t}.iasql_commit (run_id)`,
  `CREATE TABLE ${t}.iasql_notice (
    xid xid8 NOT NULL DEFAULT pg_catalog.pg_current_xact_id(), ordinal bigint GENERATED ALWAYS AS IDENTITY,
    message text NOT NULL, hint text, at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (xid, ordinal))`,
]

const functionResults = (t: string): readonly string[] => [
  `CREATE TABLE ${t}.iasql_rpc_result (
    result_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    context uuid NOT NULL, function text NOT NULL, arguments jsonb NOT NULL, error jsonb, asked_at timestamptz,
    at timestamptz NOT NULL DEFAULT clock_timestamp())`,
  // Arguments may be longer than an index entry.
  `CREATE UNIQUE INDEX iasql_rpc_result_call ON ${t}.iasql_rpc_result (context, function, md5(arguments::text))`,
  `CREATE TABLE ${t}.iasql_rpc_result_row (
    result_id bigint NOT NULL REFERENCES ${t}.iasql_rpc_result ON DELETE CASCADE,
    ordinal bigint NOT NULL, body jsonb NOT NULL, PRIMARY KEY (result_id, ordinal))`,
]

export const tenantRunsMigration: TenantMigration = {
  name: 'tenant-runs',
  version: 1,
  sql: (tenant: Tenant): readonly string[] => {
    const t = tenant.schema
    return [
      ...runs(t),
      ...commits(t),
      ...functionResults(t),
      ...invokerFunctions(tenant),
      `GRANT SELECT ON ${t}.iasql_event TO ${tenant.readerRole}, ${tenant.writerRole}`,
    ]
  },
}
