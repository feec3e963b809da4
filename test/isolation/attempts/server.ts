/** To reach the machine, its files, its network and its settings, or to teach the server new code. */
import { type Attempt, contained, refused } from '../attempt.ts'

const plainly = (id: string, sql: string, ...by: readonly string[]): Attempt => ({
  id,
  sql,
  verdict: refused(...by),
})
const inDo = (sql: string): string => `DO $do$BEGIN EXECUTE $sql$${sql}$sql$; END$do$`
/** No such extension is there, or it is nobody's to install. */
const extension = (name: string): Attempt =>
  plainly(`extension-${name}`, `CREATE EXTENSION ${name}`, '42501', '0A000', '58P01')
const language = (name: string): Attempt => ({
  id: `language-${name}`,
  sql: ({ self }) => `CREATE FUNCTION ${self.userSchema}.code() RETURNS int LANGUAGE ${name} AS 'x'`,
  verdict: refused('42501', '42704'),
})

export const serverAttempts: readonly Attempt[] = [
  plainly('copy-program', "COPY (SELECT 1) TO PROGRAM 'id'"),
  plainly('copy-program-in-do', inDo("COPY (SELECT 1) TO PROGRAM 'id'")),
  plainly('copy-from-file', inDo("CREATE TABLE pw (x text); COPY pw FROM '/etc/passwd'"), '42501'),
  plainly('copy-to-file', inDo("COPY (SELECT 1) TO '/tmp/x'")),
  plainly('read-file', "SELECT pg_read_file('postgresql.conf')"),
  plainly('read-binary-file', "SELECT pg_read_binary_file('PG_VERSION')"),
  plainly('list-folder', "SELECT pg_ls_dir('.')"),
  plainly('list-logs', 'SELECT * FROM pg_ls_logdir()'),
  plainly('list-wal', 'SELECT * FROM pg_ls_waldir()'),
  plainly('list-temporary-files', 'SELECT * FROM pg_ls_tmpdir()'),
  plainly('stat-file', "SELECT pg_stat_file('postgresql.conf')"),
  plainly('import-large-object', "SELECT lo_import('/etc/passwd')"),
  plainly('export-large-object', "SELECT lo_export(1, '/tmp/x')"),
  plainly('load-library', inDo("LOAD 'auto_explain'"), '42501', '58P01'),
  {
    id: 'preload-library',
    sql: "SET local_preload_libraries = 'x'",
    verdict: contained,
    door: refused('42501', '55P02', '0A000'),
  },
  ...['dblink', 'postgres_fdw', 'file_fdw', 'hstore', 'adminpack', 'pg_stat_statements', 'plpython3u'].map(
    extension,
  ),
  ...['c', 'internal', 'plpython3u', 'plperlu', 'pltclu'].map(language),
  plainly('create-language', 'CREATE LANGUAGE plperl', '42501', '0A000', '58P01'),
  plainly('foreign-data-wrapper', 'CREATE FOREIGN DATA WRAPPER spy'),
  plainly('foreign-server', 'CREATE SERVER spy FOREIGN DATA WRAPPER postgres_fdw', '42501', '42704'),
  plainly('user-mapping', 'CREATE USER MAPPING FOR PUBLIC SERVER spy', '42501', '42704'),
  plainly('dblink', "SELECT dblink_connect('host=127.0.0.1')", '42883'),
  { id: 'create-database', sql: 'CREATE DATABASE mine', verdict: refused(), door: refused('25001') },
  { id: 'drop-database', sql: 'DROP DATABASE postgres', verdict: refused(), door: refused('25001') },
  {
    id: 'create-tablespace',
    sql: "CREATE TABLESPACE mine LOCATION '/tmp'",
    verdict: refused(),
    door: refused('25001'),
  },
  {
    id: 'create-subscription',
    sql: "CREATE SUBSCRIPTION spy CONNECTION 'host=127.0.0.1' PUBLICATION p",
    verdict: refused(),
    door: refused('25001'),
  },
  plainly('create-publication', 'CREATE PUBLICATION spy FOR ALL TABLES'),
  plainly('create-schema', 'CREATE SCHEMA mine'),
  plainly(
    'event-trigger',
    'CREATE EVENT TRIGGER spy ON ddl_command_end EXECUTE FUNCTION suppress_redundant_updates_trigger()',
  ),
  plainly('access-method', 'CREATE ACCESS METHOD spy TYPE TABLE HANDLER heap_tableam_handler'),
  plainly('base-type', inDo('CREATE TYPE spy'), '42501'),
  plainly(
    'replication-slot',
    "SELECT pg_create_logical_replication_slot('spy', 'pgoutput')",
    '42501',
    '55000',
  ),
  plainly('physical-slot', "SELECT pg_create_physical_replication_slot('spy')", '42501', '55000'),
  plainly('logical-message', "SELECT pg_replication_origin_create('spy')"),
  plainly('alter-system', inDo("ALTER SYSTEM SET log_statement = 'all'"), '42501', '25001'),
  plainly('alter-database', inDo('ALTER DATABASE local SET work_mem = 64')),
  plainly('database-owner', inDo('ALTER DATABASE local OWNER TO current_user')),
  plainly('reload', 'SELECT pg_reload_conf()'),
  plainly('rotate-log', 'SELECT pg_rotate_logfile()'),
  plainly('promote', 'SELECT pg_promote()'),
  plainly('switch-wal', 'SELECT pg_switch_wal()'),
  plainly('restore-point', "SELECT pg_create_restore_point('x')"),
  plainly('backup', "SELECT pg_backup_start('x')"),
  plainly('hba-rules', 'SELECT * FROM pg_hba_file_rules'),
  plainly('file-settings', 'SELECT * FROM pg_file_settings'),
  plainly('memory-contexts', 'SELECT * FROM pg_backend_memory_contexts'),
  plainly('log-memory-contexts', 'SELECT pg_log_backend_memory_contexts(pg_backend_pid())'),
  plainly('shared-memory', 'SELECT * FROM pg_shmem_allocations'),
  plainly('build-settings', 'SELECT * FROM pg_config'),
  plainly('reset-statistics', 'SELECT pg_stat_reset()'),
  plainly('data-directory', "SELECT current_setting('data_directory')"),
  ...[
    "log_statement = 'all'",
    "log_min_error_statement = 'error'",
    "log_min_messages = 'debug5'",
    'temp_file_limit = -1',
    'zero_damaged_pages = on',
    'allow_system_table_mods = on',
    "lc_messages = 'C'",
    'deadlock_timeout = 1',
    'max_stack_depth = 100',
    'track_activities = off',
    'ignore_checksum_failure = on',
  ].map((setting) => plainly(`setting-${setting.split(' ')[0]}`, inDo(`SET ${setting}`))),
]
