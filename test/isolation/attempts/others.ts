/** To read, change or block what belongs to another tenant, or to the platform. */
import { type Attempt, contained, empty, refused, type Scene } from '../attempt.ts'

const own = ({ self }: Scene, name: string): string => `${self.userSchema}.${name}`
const their = ({ victim }: Scene, name = 'schemes'): string => `${victim.userSchema}.${name}`

const onTheirTable = (id: string, sql: (table: string, scene: Scene) => string): Attempt => ({
  id,
  sql: (scene) => sql(their(scene), scene),
  verdict: refused(),
})

/** Names of the engine's tables are the same everywhere; only the schema's has to be guessed. */
const engineTables = [
  'iasql_run',
  'iasql_event',
  'iasql_plan',
  'iasql_execution',
  'iasql_audit_log',
  'iasql_secret',
  'iasql_member',
  'aws_accounts',
]
const platformTables = [
  'tenant',
  'member',
  'token',
  'ticket',
  'connection',
  'linked_account',
  'first_owner',
  'sign_in_failure',
  'subscription',
]

export const otherAttempts: readonly Attempt[] = [
  onTheirTable('read-table', (table) => `SELECT * FROM ${table}`),
  onTheirTable('read-table-in-do', (table) => `DO $$BEGIN PERFORM 1 FROM ${table}; END$$`),
  onTheirTable(
    'read-through-query-to-xml',
    (table) => `SELECT query_to_xml('SELECT * FROM ${table}', true, true, '')`,
  ),
  onTheirTable('read-through-table-to-xml', (table) => `SELECT table_to_xml('${table}', true, true, '')`),
  {
    id: 'read-through-table-to-xml-by-oid',
    sql: ({ table }) => `SELECT table_to_xml(${table}, true, true, '')`,
    verdict: refused(),
  },
  onTheirTable('insert', (table) => `INSERT INTO ${table} VALUES (3)`),
  onTheirTable('update', (table) => `UPDATE ${table} SET body = 'x'`),
  onTheirTable('delete', (table) => `DELETE FROM ${table}`),
  onTheirTable('truncate', (table) => `TRUNCATE ${table}`),
  onTheirTable(
    'merge',
    (table) => `MERGE INTO ${table} t USING (SELECT 1 AS id) s ON t.id = s.id WHEN MATCHED THEN DELETE`,
  ),
  onTheirTable('lock-table', (table) => `DO $$BEGIN LOCK TABLE ${table} IN ACCESS SHARE MODE; END$$`),
  onTheirTable('analyze', (table) => `ANALYZE ${table}`),
  onTheirTable('alter-table', (table) => `ALTER TABLE ${table} ADD COLUMN x int`),
  onTheirTable('drop-table', (table) => `DROP TABLE ${table}`),
  onTheirTable('rename-table', (table) => `ALTER TABLE ${table} RENAME TO gone`),
  onTheirTable('take-table', (table) => `ALTER TABLE ${table} OWNER TO current_user`),
  onTheirTable('move-table', (table, { self }) => `ALTER TABLE ${table} SET SCHEMA ${self.userSchema}`),
  onTheirTable('grant-on-table', (table) => `GRANT SELECT ON ${table} TO PUBLIC`),
  onTheirTable('comment-on-table', (table) => `COMMENT ON TABLE ${table} IS 'x'`),
  onTheirTable(
    'trigger-on-table',
    (table) =>
      `CREATE TRIGGER spy AFTER INSERT ON ${table} EXECUTE FUNCTION suppress_redundant_updates_trigger()`,
  ),
  onTheirTable('rule-on-table', (table) => `CREATE RULE spy AS ON INSERT TO ${table} DO ALSO SELECT 1`),
  onTheirTable('index-on-table', (table) => `CREATE INDEX spy ON ${table} (id)`),
  onTheirTable('policy-on-table', (table) => `CREATE POLICY spy ON ${table} USING (true)`),
  onTheirTable(
    'statistics-on-table',
    (table, scene) => `CREATE STATISTICS ${own(scene, 'spy')} ON id, body FROM ${table}`,
  ),
  onTheirTable('publish-table', (table) => `CREATE PUBLICATION spy FOR TABLE ${table}`),
  onTheirTable(
    'foreign-key',
    (table, scene) => `CREATE TABLE ${own(scene, 'probe')} (id int REFERENCES ${table})`,
  ),
  onTheirTable('inherit', (table, scene) => `CREATE TABLE ${own(scene, 'heir')} () INHERITS (${table})`),
  onTheirTable('like', (table, scene) => `CREATE TABLE ${own(scene, 'copy')} (LIKE ${table})`),
  onTheirTable(
    'view-over',
    (table, scene) => `CREATE VIEW ${own(scene, 'window')} AS SELECT * FROM ${table}`,
  ),
  {
    id: 'copy-out',
    sql: (scene) => `COPY (SELECT * FROM ${their(scene)}) TO STDOUT`,
    verdict: refused(),
    door: refused('0A000'),
  },
  onTheirTable('name-as-regclass', (table) => `SELECT '${table}'::regclass`),
  {
    id: 'late-bound-function',
    sql: (scene) =>
      `CREATE OR REPLACE FUNCTION ${own(scene, 'late')}() RETURNS text LANGUAGE plpgsql AS
         $f$BEGIN RETURN (SELECT body FROM ${their(scene)} LIMIT 1); END$f$; SELECT ${own(scene, 'late')}()`,
    verdict: refused(),
  },
  { id: 'read-view', sql: (scene) => `SELECT * FROM ${their(scene, 'best_schemes')}`, verdict: refused() },
  { id: 'call-function', sql: (scene) => `SELECT ${their(scene, 'price')}()`, verdict: refused() },
  {
    id: 'call-function-in-trigger',
    sql: (scene) =>
      `CREATE TABLE IF NOT EXISTS ${own(scene, 'bait')} (n int); CREATE TRIGGER bait BEFORE INSERT ON ${own(scene, 'bait')}
         EXECUTE FUNCTION ${their(scene, 'price')}()`,
    verdict: refused(),
  },
  {
    id: 'operator-over-function',
    sql: (scene) =>
      `CREATE OPERATOR ${own(scene, '@@@')} (FUNCTION = ${their(scene, 'price')}, RIGHTARG = int)`,
    verdict: refused(),
  },
  {
    id: 'cast-over-function',
    sql: (scene) => `CREATE CAST (int AS xml) WITH FUNCTION ${their(scene, 'price')}()`,
    verdict: refused('42501', '42P17'),
  },
  { id: 'use-type', sql: (scene) => `SELECT NULL::${their(scene, 'stage')}`, verdict: refused() },
  {
    id: 'next-number',
    sql: (scene) => `SELECT nextval('${their(scene, 'scheme_numbers')}')`,
    verdict: refused(),
  },
  {
    id: 'create-in-schema',
    sql: (scene) => `CREATE TABLE ${their(scene, 'mine')} (n int)`,
    verdict: refused(),
  },
  {
    id: 'create-function-in-schema',
    sql: ({ victim }) => `CREATE FUNCTION ${victim.schema}.now() RETURNS int LANGUAGE sql RETURN 1`,
    verdict: refused(),
  },
  { id: 'drop-schema', sql: ({ victim }) => `DROP SCHEMA ${victim.userSchema} CASCADE`, verdict: refused() },
  {
    id: 'grant-schema',
    sql: ({ victim }) => `DO $$BEGIN GRANT USAGE ON SCHEMA ${victim.schema} TO current_user; END$$`,
    verdict: refused(),
  },
  {
    id: 'search-path-in-do',
    sql: ({ victim }) =>
      `DO $$BEGIN PERFORM set_config('search_path', '${victim.userSchema}', true); PERFORM 1 FROM schemes; END$$`,
    verdict: refused('42P01'),
  },
  {
    id: 'search-path',
    sql: ({ victim }) => `SET search_path = ${victim.userSchema}; SELECT * FROM schemes`,
    verdict: refused('42P01'),
    door: refused('42501'),
  },
  {
    id: 'call-engine-function',
    sql: ({ victim }) => `SELECT ${victim.schema}.iasql_version()`,
    verdict: refused(),
  },
  {
    id: 'call-definer-function',
    sql: ({ victim }) => `SELECT ${victim.schema}.iasql_transaction_notices()`,
    verdict: refused(),
  },
  ...engineTables.map(
    (table): Attempt => ({
      id: `engine-of-others-${table}`,
      sql: ({ victim }) => `SELECT * FROM ${victim.schema}.${table}`,
      verdict: refused(),
    }),
  ),
  ...platformTables.map(
    (table): Attempt => ({
      id: `platform-${table}`,
      sql: `SELECT * FROM iasql_platform.${table}`,
      verdict: refused(),
    }),
  ),
  {
    id: 'platform-by-do',
    sql: "DO $$BEGIN UPDATE iasql_platform.token SET role = 'owner'; END$$",
    verdict: refused(),
  },
  { id: 'create-in-platform', sql: 'CREATE TABLE iasql_platform.mine (n int)', verdict: refused() },
  { id: 'create-in-public', sql: 'CREATE TABLE public.mine (n int)', verdict: refused() },
  { id: 'create-in-pgcrypto', sql: 'CREATE TABLE pgcrypto.mine (n int)', verdict: refused() },
  { id: 'encrypt-by-pgcrypto', sql: "SELECT pgcrypto.crypt('a', 'b')", verdict: refused() },
  {
    id: 'information-schema',
    sql: ({ victim }) =>
      `SELECT * FROM information_schema.tables WHERE table_schema IN ('${victim.schema}', '${victim.userSchema}', 'iasql_platform')`,
    verdict: empty,
  },
  {
    id: 'statistics-of-values',
    sql: ({ victim }) => `SELECT * FROM pg_stats WHERE schemaname = '${victim.userSchema}'`,
    verdict: empty,
  },
  { id: 'raw-statistics', sql: 'SELECT * FROM pg_statistic', verdict: refused() },
  { id: 'raw-extended-statistics', sql: 'SELECT * FROM pg_statistic_ext_data', verdict: refused() },
  { id: 'passwords', sql: 'SELECT rolpassword FROM pg_authid', verdict: refused() },
  { id: 'passwords-in-shadow', sql: 'SELECT * FROM pg_shadow', verdict: refused() },
  { id: 'large-object-pages', sql: 'SELECT * FROM pg_largeobject', verdict: refused() },
  {
    id: 'large-object-content',
    sql: ({ largeObject }) => `SELECT lo_get(${largeObject})`,
    verdict: refused(),
  },
  {
    id: 'large-object-write',
    sql: ({ largeObject }) => `SELECT lo_put(${largeObject}, 0, 'x')`,
    verdict: refused(),
  },
  {
    id: 'large-object-unlink',
    sql: ({ largeObject }) => `SELECT lo_unlink(${largeObject})`,
    verdict: refused(),
  },
  {
    id: 'query-text',
    sql: ({ pid }) => `SELECT query, client_addr, state FROM pg_stat_activity WHERE pid = ${pid}`,
    verdict: contained,
  },
  { id: 'terminate-session', sql: ({ pid }) => `SELECT pg_terminate_backend(${pid})`, verdict: refused() },
  { id: 'cancel-session', sql: ({ pid }) => `SELECT pg_cancel_backend(${pid})`, verdict: refused() },
  {
    id: 'unlock-advisory-of-others',
    sql: 'SELECT pg_advisory_unlock_all()',
    verdict: contained,
  },
  {
    id: 'lock-catalogue',
    sql: 'DO $$BEGIN LOCK TABLE pg_catalog.pg_class IN ROW EXCLUSIVE MODE; END$$',
    verdict: refused(),
  },
  { id: 'lock-catalogue-row', sql: 'SELECT * FROM pg_database FOR UPDATE', verdict: refused() },
  { id: 'write-catalogue', sql: "UPDATE pg_class SET relname = 'x' WHERE false", verdict: refused() },
  {
    id: 'last-number',
    sql: ({ victim }) =>
      `SELECT 1 FROM pg_sequences WHERE schemaname = '${victim.userSchema}' AND last_value IS NOT NULL`,
    verdict: empty,
  },
]
