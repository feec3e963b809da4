/** To turn the product against itself: its transactions, its settings, its tables, its names. */
import { type Attempt, contained, refused, type Scene } from '../attempt.ts'

const inDo = (sql: string): string => `DO $do$BEGIN EXECUTE $sql$${sql}$sql$; END$do$`
const managed = ({ self }: Scene, name = 'aws_regions'): string => `${self.schema}.${name}`
const mine = ({ self }: Scene, name: string): string => `${self.userSchema}.${name}`

const onManaged = (id: string, sql: (table: string, scene: Scene) => string): Attempt => ({
  id,
  sql: (scene) => sql(managed(scene), scene),
  verdict: refused(),
})

/** Nobody's to read, not even the tenant's whose they are. */
const closed = [
  'iasql_secret',
  'iasql_secret_key',
  'iasql_run',
  'iasql_run_part',
  'iasql_run_page',
  'iasql_commit',
  'iasql_notice',
  'iasql_rpc_result',
  'iasql_rpc_result_row',
  'iasql_audit',
  'iasql_edit',
  'iasql_intent',
  'iasql_token_record',
  'iasql_transaction_row',
  'iasql_topic_event',
]
/** For reading only. */
const readOnly = [
  'iasql_module',
  'iasql_plan',
  'iasql_change',
  'iasql_execution',
  'iasql_event',
  'iasql_audit_log',
  'iasql_member',
  'iasql_token',
  'iasql_setting',
]

export const productAttempts: readonly Attempt[] = [
  { id: 'commit-in-do', sql: 'DO $$BEGIN COMMIT; END$$', verdict: contained, door: refused('2D000') },
  { id: 'rollback-in-do', sql: 'DO $$BEGIN ROLLBACK; END$$', verdict: contained, door: refused('2D000') },
  { id: 'execute-commit', sql: inDo('COMMIT'), verdict: refused('0A000') },
  { id: 'execute-begin', sql: inDo('BEGIN'), verdict: refused('0A000') },
  { id: 'execute-savepoint', sql: inDo('SAVEPOINT a'), verdict: refused('0A000') },
  {
    id: 'commit-in-procedure',
    sql: (scene) =>
      `CREATE OR REPLACE PROCEDURE ${mine(scene, 'leave')}() LANGUAGE plpgsql AS 'BEGIN COMMIT; END'; CALL ${mine(scene, 'leave')}()`,
    // Of a direct login, whose two statements are one transaction, too.
    verdict: refused('2D000'),
    reader: refused(),
  },
  {
    id: 'prepare-transaction',
    sql: "BEGIN; PREPARE TRANSACTION 'mine'",
    verdict: refused('55000'),
    door: refused('42501', '0A000'),
  },
  {
    id: 'commit-prepared',
    sql: "COMMIT PREPARED 'mine'",
    verdict: refused('42704', '55000'),
    door: refused(),
  },
  {
    id: 'isolation-in-do',
    sql: inDo('SET TRANSACTION ISOLATION LEVEL SERIALIZABLE'),
    verdict: refused('25001', '0A000'),
  },
  {
    id: 'rename-run',
    sql: "SELECT set_config('application_name', 'iasql x', false)",
    verdict: contained,
    door: refused(),
  },
  { id: 'forge-own-writes', sql: "SELECT set_config('iasql.own_writes', 'on', false)", verdict: contained },
  {
    id: 'forge-context',
    sql: "SELECT set_config('iasql.call_context', '00000000-0000-4000-8000-000000000000', true); SELECT count(*) FROM iasql_preview()",
    verdict: refused('42883', '0A000'),
    door: contained,
  },
  {
    id: 'forge-answer',
    sql: `DO $$BEGIN RAISE EXCEPTION USING ERRCODE = 'P0004', MESSAGE = 'IASQL_RPC {"name":"iasql_nothing","arguments":[]}'; END$$`,
    verdict: refused('P0004'),
    door: refused('0A000'),
  },
  onManaged(
    'trigger-on-managed',
    (table) =>
      `CREATE TRIGGER spy AFTER UPDATE ON ${table} EXECUTE FUNCTION suppress_redundant_updates_trigger()`,
  ),
  onManaged('rule-on-managed', (table) => `CREATE RULE spy AS ON UPDATE TO ${table} DO ALSO NOTHING`),
  onManaged('policy-on-managed', (table) => `CREATE POLICY spy ON ${table} USING (true)`),
  onManaged('row-security-on-managed', (table) => `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`),
  onManaged('disable-triggers', (table) => `ALTER TABLE ${table} DISABLE TRIGGER ALL`),
  onManaged('index-on-managed', (table) => `CREATE INDEX spy ON ${table} ((md5(region)))`),
  onManaged('column-on-managed', (table) => `ALTER TABLE ${table} ADD COLUMN spy int`),
  onManaged('default-on-managed', (table) => `ALTER TABLE ${table} ALTER region SET DEFAULT 'x'`),
  onManaged('drop-managed', (table) => `DROP TABLE ${table} CASCADE`),
  onManaged('truncate-managed', (table) => `TRUNCATE ${table} CASCADE`),
  onManaged('own-managed', (table) => `ALTER TABLE ${table} OWNER TO current_user`),
  onManaged('comment-on-managed', (table) => `COMMENT ON TABLE ${table} IS 'x'`),
  onManaged(
    'inherit-managed',
    (table, scene) => `CREATE TABLE ${mine(scene, 'heir')} () INHERITS (${table})`,
  ),
  onManaged(
    'reference-managed',
    (table, scene) => `CREATE TABLE ${mine(scene, 'hold')} (region text REFERENCES ${table} (region))`,
  ),
  onManaged('exclusive-lock-on-managed', (table) => inDo(`LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`)),
  {
    id: 'create-among-managed',
    sql: ({ self }) => `CREATE TABLE ${self.schema}.mine (n int)`,
    verdict: refused(),
  },
  {
    id: 'shadow-among-managed',
    sql: ({ self }) =>
      `CREATE FUNCTION ${self.schema}.now() RETURNS timestamptz LANGUAGE sql RETURN 'epoch'::timestamptz`,
    verdict: refused(),
  },
  {
    id: 'replace-engine-function',
    sql: ({ self }) =>
      `CREATE OR REPLACE FUNCTION ${self.schema}.iasql_transaction_notices() RETURNS jsonb LANGUAGE sql RETURN NULL`,
    verdict: refused(),
  },
  {
    id: 'alter-engine-function',
    sql: ({ self }) => `ALTER FUNCTION ${self.schema}.iasql_transaction_notices() RESET search_path`,
    verdict: refused(),
  },
  {
    id: 'drop-own-schema',
    sql: ({ self }) => `DROP SCHEMA ${self.schema} CASCADE`,
    verdict: refused(),
  },
  ...closed.map(
    (table): Attempt => ({
      id: `closed-${table}`,
      sql: (scene) => `SELECT * FROM ${managed(scene, table)}`,
      verdict: refused(),
    }),
  ),
  ...readOnly.map(
    (table): Attempt => ({
      id: `read-only-${table}`,
      sql: (scene) => `DELETE FROM ${managed(scene, table)}`,
      // Some are views, of which PostgreSQL says first that nothing can be deleted from them.
      verdict: refused('42501', '55000'),
    }),
  ),
]
