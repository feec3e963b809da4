/** One tenant's transactions: whose session has which one open, and what a commit needs to take itself back. */
import type { Tenant } from '../tenant.ts'
import type { TenantMigration } from './migration.ts'

/** A session is a connection of an actor. Which edits are a transaction's, `iasql_commit` says by their xid. */
const transactions = (t: string): readonly string[] => [
  `CREATE TABLE ${t}.iasql_transaction (
    transaction_id text PRIMARY KEY DEFAULT gen_random_uuid()::text, actor text NOT NULL, connection_id text,
    state text NOT NULL DEFAULT 'open'
      CHECK (state IN ('open', 'committing', 'committed', 'rolled_back', 'failed')),
    opened_at timestamptz NOT NULL DEFAULT clock_timestamp(), closed_at timestamptz,
    message text, execution_id bigint)`,
  `CREATE UNIQUE INDEX iasql_transaction_session ON ${t}.iasql_transaction (actor, coalesce(connection_id, ''))
    WHERE state IN ('open', 'committing')`,
  `CREATE INDEX iasql_transaction_open ON ${t}.iasql_transaction (transaction_id)
    WHERE state IN ('open', 'committing')`,
  `ALTER TABLE ${t}.iasql_execution_record ADD COLUMN connection_id text`,
]

/**
 * Of a transaction that is being committed, each row before it and as it left it, with the engine's record of it and the
 * edits of others that were pending.
 */
const images = (t: string): readonly string[] => [
  `CREATE TABLE ${t}.iasql_transaction_row (
    image_id bigint GENERATED ALWAYS AS IDENTITY,
    transaction_id text NOT NULL REFERENCES ${t}.iasql_transaction ON DELETE CASCADE,
    table_name text NOT NULL, row_id bigint NOT NULL, before jsonb, after jsonb, resource jsonb,
    edits jsonb NOT NULL, last_id bigint NOT NULL, applied boolean NOT NULL, PRIMARY KEY (transaction_id, table_name, row_id))`,
  // Records on their way from one row to another, within one statement after the other of one transaction.
  `CREATE TABLE ${t}.iasql_transaction_half (transaction_id text NOT NULL, old jsonb NOT NULL, new jsonb NOT NULL)`,
]

export const tenantTransactionsMigration: TenantMigration = {
  name: 'tenant-transactions',
  version: 1,
  sql: ({ schema: t, readerRole, writerRole }: Tenant): readonly string[] => [
    ...transactions(t),
    ...images(t),
    `COMMENT ON TABLE ${t}.iasql_transaction IS
      'What was begun by iasql_begin(), and what became of it.'`,
    `GRANT SELECT ON ${t}.iasql_transaction TO ${readerRole}, ${writerRole}`,
  ],
}
