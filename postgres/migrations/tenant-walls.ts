/** The last call of every transaction of a tenant: what it has to say, unless it has changed the settings of its own login. */
import { roleSettingsLiteral } from '../role-settings.ts'
import type { Tenant } from '../tenant.ts'
import type { TenantMigration } from './migration.ts'

const source = (body: string): string => `'${body.replaceAll("'", "''")}'`

/**
 * What the engine's triggers said in this transaction. VOLATILE: it must see what the same call has just written.
 * DO can run what the parser refuses: a changed setting is seen here, a changed password nowhere.
 */
const notices = (tenant: Tenant): string => {
  const { schema: t, readerRole, writerRole } = tenant
  return `
CREATE OR REPLACE FUNCTION ${t}.iasql_transaction_notices() RETURNS jsonb LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS ${source(`
BEGIN
  IF session_user IN ('${readerRole}', '${writerRole}') THEN
    IF NOT (SELECT count(*) = 1 AND coalesce(bool_and(s.setdatabase = 0 AND s.setconfig = ${roleSettingsLiteral(tenant)}), false)
        FROM pg_db_role_setting s WHERE s.setrole = to_regrole(session_user::text)) THEN
      RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'permission denied to alter role',
        HINT = 'SET changes settings for your connection.';
    END IF;
  END IF;
  RETURN (
    SELECT jsonb_agg(jsonb_build_object('message', left(n.message, 2000), 'hint', left(n.hint, 1000)) ORDER BY n.ordinal)
    FROM (SELECT * FROM ${t}.iasql_notice WHERE xid = pg_current_xact_id_if_assigned() ORDER BY ordinal LIMIT 15) n);
END`)}`
}

export const tenantWallsMigration: TenantMigration = {
  name: 'tenant-walls',
  version: 1,
  sql: (tenant: Tenant): readonly string[] => [
    notices(tenant),
    `REVOKE ALL ON FUNCTION ${tenant.schema}.iasql_transaction_notices() FROM PUBLIC`,
    `GRANT EXECUTE ON FUNCTION ${tenant.schema}.iasql_transaction_notices() TO ${tenant.readerRole}, ${tenant.writerRole}`,
  ],
}
