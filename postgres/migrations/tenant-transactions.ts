/** One tenant's transactions: whose session has which one open, and what a commit needs to take itself back. */
import { byTenant } from '#engine/ddl/sql-text.ts'
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

const source = (body: string): string => `'${body.replaceAll("'", "''")}'`

/**
 * Records of what AWS will make along with parents that are put back. Under a tenant's login only for a transaction of the
 * engine that writes back what rows held.
 */
const awaitCompanions = (t: string): string => `
CREATE FUNCTION ${t}.iasql_await_companions(companions jsonb) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS ${source(`
BEGIN
  IF ${byTenant} AND NOT EXISTS (SELECT FROM ${t}.iasql_restoring r WHERE r.xid = pg_current_xact_id()) THEN
    RETURN false;
  END IF;
  WITH given AS (SELECT * FROM jsonb_to_recordset(companions)
    AS c (table_name text, row_id bigint, account_id text, region text, parent_table text, parent_row bigint))
  INSERT INTO ${t}.iasql_resource (table_name, row_id, account_id, region)
    SELECT table_name, row_id, account_id, region FROM given
    UNION SELECT parent_table, parent_row, account_id, region FROM given
  ON CONFLICT (table_name, row_id) DO NOTHING;
  UPDATE ${t}.iasql_resource k SET companion_of = p.resource_id, account_id = c.account_id, region = c.region
    FROM jsonb_to_recordset(companions)
      AS c (table_name text, row_id bigint, account_id text, region text, parent_table text, parent_row bigint)
    JOIN ${t}.iasql_resource p ON p.table_name = c.parent_table AND p.row_id = c.parent_row
    WHERE k.table_name = c.table_name AND k.row_id = c.row_id AND k.cloud_id IS NULL;
  RETURN true;
END`)}`

export const tenantTransactionsMigration: TenantMigration = {
  name: 'tenant-transactions',
  version: 1,
  sql: ({ schema: t, readerRole, writerRole }: Tenant): readonly string[] => [
    ...transactions(t),
    ...images(t),
    awaitCompanions(t),
    `REVOKE ALL ON FUNCTION ${t}.iasql_await_companions(jsonb) FROM PUBLIC`,
    `GRANT EXECUTE ON FUNCTION ${t}.iasql_await_companions(jsonb) TO ${writerRole}`,
    `COMMENT ON TABLE ${t}.iasql_transaction IS
      'What was begun by iasql_begin(), and what became of it.'`,
    `GRANT SELECT ON ${t}.iasql_transaction TO ${readerRole}, ${writerRole}`,
  ],
}
