/** What schemas of one database cannot keep from each other: each of these is told in SECURITY.md. */
import { type Attempt, advisoryKey, canaries, contained, leaks, refused } from '../attempt.ts'

const inDo = (sql: string): string => `DO $do$BEGIN EXECUTE $sql$${sql}$sql$; END$do$`
const relation = 'schemes'

export const leakAttempts: readonly Attempt[] = [
  {
    id: 'object-names',
    sql: ({ victim }) =>
      `SELECT c.relname, a.attname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       JOIN pg_attribute a ON a.attrelid = c.oid WHERE n.nspname = '${victim.userSchema}'`,
    verdict: leaks(() => relation),
  },
  {
    id: 'object-names',
    sql: ({ table }) => `SELECT ${table}::regclass::text`,
    verdict: leaks(() => relation),
  },
  {
    id: 'object-names',
    sql: "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = 'iasql_platform'",
    verdict: leaks(() => 'token'),
  },
  {
    id: 'comments',
    sql: ({ table }) => `SELECT obj_description(${table}, 'pg_class')`,
    verdict: leaks(() => canaries.comment),
  },
  {
    id: 'sources',
    sql: ({ price }) => `SELECT pg_get_functiondef(${price})`,
    verdict: leaks(() => canaries.source),
  },
  {
    id: 'sources',
    sql: ({ price }) => `SELECT prosrc FROM pg_proc WHERE oid = ${price}`,
    verdict: leaks(() => canaries.source),
  },
  { id: 'sources', sql: ({ view }) => `SELECT pg_get_viewdef(${view})`, verdict: leaks(() => canaries.view) },
  {
    id: 'sources',
    sql: ({ table }) => `SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = ${table}`,
    verdict: leaks(() => canaries.source),
  },
  {
    id: 'sources',
    sql: 'SELECT enumlabel FROM pg_enum',
    verdict: leaks(() => canaries.label),
  },
  {
    id: 'row-counts',
    sql: ({ victim }) =>
      `SELECT relname FROM pg_stat_all_tables WHERE schemaname = '${victim.userSchema}' AND n_tup_ins >= 0`,
    verdict: leaks(() => relation),
  },
  {
    id: 'row-counts',
    sql: ({ table }) => `SELECT 'estimate', reltuples FROM pg_class WHERE oid = ${table}`,
    verdict: leaks(() => 'estimate'),
  },
  {
    id: 'sizes',
    sql: ({ table }) => `SELECT 'bytes', pg_total_relation_size(${table})`,
    verdict: leaks(() => 'bytes'),
  },
  {
    id: 'role-names',
    sql: 'SELECT rolname FROM pg_roles',
    verdict: leaks(({ victim }) => victim.writerRole),
  },
  {
    id: 'role-names',
    sql: 'SELECT nspname FROM pg_namespace',
    verdict: leaks(({ victim }) => victim.schema),
  },
  {
    id: 'role-names',
    sql: 'SELECT setrole::regrole, setconfig::text FROM pg_db_role_setting',
    verdict: leaks(({ victim }) => victim.writerRole),
  },
  { id: 'database-names', sql: 'SELECT datname FROM pg_database', verdict: leaks(() => 'postgres') },
  {
    id: 'sessions',
    sql: 'SELECT usename, application_name, backend_xid FROM pg_stat_activity',
    verdict: leaks(({ victim }) => victim.writerRole),
  },
  {
    id: 'locks',
    sql: ({ table }) => `SELECT relation, mode FROM pg_locks WHERE relation = ${table}`,
    verdict: leaks(() => 'ShareLock'),
  },
  {
    id: 'activity-counters',
    sql: `SELECT 'counters', pg_current_xact_id(), pg_current_wal_lsn(), (SELECT sum(xact_commit) FROM pg_stat_database)`,
    verdict: leaks(() => 'counters'),
  },
  {
    id: 'large-object-ids',
    sql: 'SELECT oid FROM pg_largeobject_metadata',
    verdict: leaks(({ largeObject }) => largeObject),
  },
  {
    id: 'advisory-locks',
    sql: `SELECT CASE WHEN pg_try_advisory_lock(${advisoryKey}) THEN 'free' ELSE 'taken' END`,
    verdict: leaks(() => 'taken'),
  },
  { id: 'notify', sql: "NOTIFY somebody, 'forged'", verdict: leaks(), door: refused() },
  { id: 'notify', sql: inDo("NOTIFY somebody, 'forged'"), verdict: leaks() },
  { id: 'notify', sql: "SELECT pg_notify('somebody', 'forged')", verdict: leaks() },
  { id: 'notify', sql: 'LISTEN somebody; UNLISTEN *', verdict: leaks(), door: refused() },
  { id: 'own-limits', sql: 'SET statement_timeout = 0', verdict: leaks(), door: refused('0A000', '42501') },
  { id: 'own-limits', sql: inDo('SET statement_timeout = 0'), verdict: leaks() },
  { id: 'own-limits', sql: "SELECT set_config('statement_timeout', '0', false)", verdict: leaks() },
  { id: 'own-limits', sql: inDo('SET idle_in_transaction_session_timeout = 0'), verdict: leaks() },
  { id: 'own-limits', sql: inDo('SET transaction_timeout = 0'), verdict: leaks() },
  { id: 'own-limits', sql: inDo('SET lock_timeout = 0'), verdict: leaks() },
  { id: 'own-limits', sql: inDo("SET work_mem = '2GB'"), verdict: leaks() },
  {
    id: 'own-password',
    sql: `BEGIN; ${inDo("ALTER ROLE current_user PASSWORD 'x'")}; ROLLBACK`,
    verdict: leaks(),
  },
  {
    id: 'processor',
    sql: 'SELECT count(*) FROM generate_series(1, 100000) a WHERE md5(a::text) < $$0$$',
    verdict: leaks(),
  },
  {
    id: 'temporary-files',
    sql: `DO $$BEGIN SET LOCAL work_mem = '64kB';
      PERFORM 1 FROM (SELECT a, repeat('x', 200) b FROM generate_series(1, 20000) a ORDER BY b, a DESC) s; END$$`,
    verdict: leaks(),
  },
  {
    id: 'disk',
    sql: ({ self }) =>
      `CREATE TABLE ${self.userSchema}.ballast AS SELECT repeat('x', 1000) FROM generate_series(1, 1000);
       DROP TABLE ${self.userSchema}.ballast`,
    verdict: leaks(),
    reader: refused(),
  },
  { id: 'disk', sql: "SELECT lo_unlink(lo_from_bytea(0, 'ballast'))", verdict: leaks() },
  {
    id: 'held-snapshot',
    sql: 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT pg_current_snapshot(); COMMIT',
    verdict: leaks(),
  },
  { id: 'temporary-tables', sql: 'CREATE TEMP TABLE ballast (n int)', verdict: refused() },
  {
    id: 'own-schema-to-public',
    sql: ({ self }) => `DO $$BEGIN GRANT ALL ON SCHEMA ${self.userSchema} TO PUBLIC; END$$`,
    // PostgreSQL warns, and grants nothing.
    verdict: contained,
  },
  {
    id: 'own-table-to-public',
    sql: ({ self }) =>
      `CREATE TABLE ${self.userSchema}.open (n int); GRANT SELECT ON ${self.userSchema}.open TO PUBLIC;
       DROP TABLE ${self.userSchema}.open`,
    verdict: contained,
    reader: refused(),
  },
]
