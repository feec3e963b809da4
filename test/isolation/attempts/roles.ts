/** To become somebody else, or more. */
import { type Attempt, contained, refused } from '../attempt.ts'

const inDo = (sql: string): string => `DO $do$BEGIN EXECUTE $sql$${sql}$sql$; END$do$`
const whoami = 'SELECT session_user, current_user'

export const roleAttempts: readonly Attempt[] = [
  { id: 'set-role', sql: ({ victim }) => `SET ROLE ${victim.writerRole}`, verdict: refused() },
  { id: 'set-role-owner', sql: ({ self }) => `SET ROLE ${self.ownerRole}`, verdict: refused() },
  { id: 'set-role-platform', sql: 'SET ROLE iasql_platform', verdict: refused() },
  { id: 'set-role-in-do', sql: ({ victim }) => inDo(`SET ROLE ${victim.writerRole}`), verdict: refused() },
  { id: 'reset-role', sql: `RESET ROLE; ${whoami}`, verdict: contained, door: refused() },
  { id: 'reset-role-in-do', sql: `${inDo('RESET ROLE')}; ${whoami}`, verdict: contained },
  {
    id: 'set-config-role',
    sql: ({ victim }) => `SELECT set_config('role', '${victim.writerRole}', false)`,
    verdict: refused(),
  },
  {
    id: 'set-config-role-none',
    sql: `SELECT set_config('role', 'none', false); ${whoami}`,
    verdict: contained,
  },
  {
    id: 'set-session-authorization',
    sql: ({ victim }) => `SET SESSION AUTHORIZATION ${victim.writerRole}`,
    verdict: refused(),
  },
  {
    id: 'set-session-authorization-in-do',
    sql: inDo('SET SESSION AUTHORIZATION iasql_platform'),
    verdict: refused(),
  },
  {
    id: 'set-config-session-authorization',
    sql: "SELECT set_config('session_authorization', 'iasql_platform', false)",
    verdict: refused(),
  },
  {
    id: 'reset-session-authorization',
    sql: `RESET SESSION AUTHORIZATION; ${whoami}`,
    verdict: contained,
    door: refused(),
  },
  {
    id: 'discard-all',
    sql: `DISCARD ALL; ${whoami}`,
    verdict: refused('25001'),
  },
  {
    id: 'function-that-sets-role',
    sql: ({ self, victim }) =>
      `CREATE FUNCTION ${self.userSchema}.become() RETURNS text LANGUAGE sql SET role = '${victim.writerRole}'
         AS 'SELECT current_user::text'; SELECT ${self.userSchema}.become()`,
    verdict: refused(),
  },
  {
    id: 'security-definer-of-a-tenant',
    sql: ({ self }) =>
      `CREATE FUNCTION ${self.userSchema}.definer() RETURNS text LANGUAGE sql SECURITY DEFINER
         AS 'SELECT current_user::text'; SELECT ${self.userSchema}.definer(); DROP FUNCTION ${self.userSchema}.definer()`,
    verdict: contained,
    reader: refused(),
  },
  {
    id: 'definer-given-away',
    sql: ({ self, victim }) =>
      `CREATE OR REPLACE FUNCTION ${self.userSchema}.gift() RETURNS text LANGUAGE sql SECURITY DEFINER
         AS 'SELECT current_user::text'; ALTER FUNCTION ${self.userSchema}.gift() OWNER TO ${victim.writerRole}`,
    verdict: refused(),
  },
  {
    id: 'alter-role-of-others',
    sql: ({ victim }) => inDo(`ALTER ROLE ${victim.writerRole} PASSWORD 'x'`),
    verdict: refused(),
  },
  {
    id: 'alter-role-of-others-settings',
    sql: ({ victim }) => inDo(`ALTER ROLE ${victim.writerRole} SET search_path = public`),
    verdict: refused(),
  },
  { id: 'alter-own-rights', sql: inDo('ALTER ROLE current_user CREATEROLE BYPASSRLS'), verdict: refused() },
  { id: 'alter-own-limit', sql: inDo('ALTER ROLE current_user CONNECTION LIMIT -1'), verdict: refused() },
  {
    id: 'grant-role',
    sql: ({ victim }) => inDo(`GRANT ${victim.writerRole} TO current_user`),
    verdict: refused(),
  },
  { id: 'grant-platform', sql: inDo('GRANT iasql_platform TO current_user'), verdict: refused() },
  { id: 'grant-signal', sql: inDo('GRANT pg_signal_backend TO current_user'), verdict: refused() },
  { id: 'create-role', sql: 'CREATE ROLE henchman LOGIN', verdict: refused() },
  { id: 'drop-role', sql: ({ victim }) => `DROP ROLE ${victim.readerRole}`, verdict: refused() },
  {
    id: 'rename-role',
    sql: ({ victim }) => inDo(`ALTER ROLE ${victim.readerRole} RENAME TO gone`),
    verdict: refused(),
  },
  {
    id: 'drop-owned-of-others',
    sql: ({ victim }) => inDo(`DROP OWNED BY ${victim.writerRole}`),
    verdict: refused(),
  },
  {
    id: 'reassign-owned-of-others',
    sql: ({ victim }) => inDo(`REASSIGN OWNED BY ${victim.writerRole} TO current_user`),
    verdict: refused(),
  },
  {
    id: 'default-privileges-of-others',
    sql: ({ victim }) =>
      inDo(`ALTER DEFAULT PRIVILEGES FOR ROLE ${victim.writerRole} GRANT SELECT ON TABLES TO PUBLIC`),
    verdict: refused(),
  },
  {
    id: 'session-replication-role',
    sql: inDo("SET session_replication_role = 'replica'"),
    verdict: refused(),
  },
  {
    id: 'security-label',
    sql: "SECURITY LABEL ON ROLE iasql_platform IS 'x'",
    verdict: refused('22023', '42501'),
  },
]
