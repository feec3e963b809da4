/** What secret columns hold: encrypted under a key whose private half is not in the database, read by the engine alone. */
import { secretMarker } from '#engine/columns/secret-marker.ts'
import type { Tenant } from '../tenant.ts'
import type { TenantMigration } from './migration.ts'

/** `version` is what the row's marker names; each belongs to one column of one row. `key_name`: where its private half is. */
const tables = (t: string): readonly string[] => [
  `CREATE TABLE ${t}.iasql_secret_key (
    key_name text PRIMARY KEY, public_key bytea NOT NULL, made_at timestamptz NOT NULL DEFAULT clock_timestamp())`,
  `CREATE TABLE ${t}.iasql_secret (
    version bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    table_name text NOT NULL, row_id bigint NOT NULL, column_name text NOT NULL,
    key_name text NOT NULL REFERENCES ${t}.iasql_secret_key, message bytea NOT NULL,
    xid xid8 NOT NULL DEFAULT pg_catalog.pg_current_xact_id(), at timestamptz NOT NULL DEFAULT clock_timestamp())`,
  // Transactions of the engine in a tenant's name that write back what rows held; no tenant can write here.
  `CREATE TABLE ${t}.iasql_restoring (xid xid8 PRIMARY KEY)`,
  // What is encrypted does not shrink.
  `ALTER TABLE ${t}.iasql_secret ALTER message SET STORAGE EXTERNAL`,
  `CREATE INDEX iasql_secret_at ON ${t}.iasql_secret (at)`,
  `CREATE INDEX iasql_event_once ON ${t}.iasql_event (at) WHERE body ? 'once' AND body ? 'sealed'`,
]

/** Bytes: the most that Secrets Manager takes, and more than any password may have. */
const mostBytes = 65_536
/** Bytes: it goes out in the message of an error, which has little room. */
const mostArgumentBytes = 4_096

/** A catalog's own number, by which `pg_depend` tells what kind of thing it is about. */
const catalog = (name: string): string => `CAST('pg_catalog.${name}' AS regclass)`

/** A name as it stands in a source, also in quotes, where it is no part of a longer one. */
const named = (name: string): string => {
  const plain = `pg_catalog.regexp_replace(pg_catalog.replace(${name}, '"', '""'), '[]*+?(){}|^$.\\\\[]', '\\\\\\&', 'g')`
  return `'(?<!\\w)' || ${plain} || '(?!\\w)'`
}

/** From what is held to views and rules over it, to tables with triggers that call it, and to the tenant's own functions. */
const ways = (userSchema: string): string => `
    SELECT c.oid, ${catalog('pg_class')} AS class, CAST(c.relname AS text) AS name
    FROM pg_catalog.pg_depend d
    JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
    JOIN pg_catalog.pg_class c ON c.oid = r.ev_class
    WHERE d.classid = ${catalog('pg_rewrite')} AND d.refclassid = h.class AND d.refobjid = h.oid
    UNION ALL
    SELECT c.oid, ${catalog('pg_class')}, CAST(c.relname AS text)
    FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_class c ON c.oid = g.tgrelid
    WHERE h.class = ${catalog('pg_proc')} AND g.tgfoid = h.oid
    UNION ALL
    SELECT p.oid, ${catalog('pg_proc')}, CAST(p.proname AS text)
    FROM pg_catalog.pg_proc p
    WHERE p.pronamespace = (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = '${userSchema}')
      AND (p.prosrc ~* (${named('h.name')}) OR EXISTS (SELECT FROM pg_catalog.pg_depend d
        WHERE d.classid = ${catalog('pg_proc')} AND d.objid = p.oid
          AND d.refclassid = h.class AND d.refobjid = h.oid))`

/** Found by the constraint that every secret column has, and by what seals every secret argument; readable, since a shell asks for it too. */
const names = ({ schema: t, userSchema }: Tenant): string => `
CREATE VIEW ${t}.iasql_secret_name AS
  WITH RECURSIVE held AS (
    SELECT c.oid, ${catalog('pg_class')} AS class, CAST(c.relname AS text) AS name
    FROM pg_catalog.pg_constraint s JOIN pg_catalog.pg_class c ON c.oid = s.conrelid
    WHERE s.contype = 'c' AND pg_catalog.right(s.conname, 7) = '_secret'
      AND s.connamespace = (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = '${t}')
    UNION
    SELECT p.oid, ${catalog('pg_proc')}, CAST(p.proname AS text)
    FROM pg_catalog.pg_proc p
    WHERE p.pronamespace = (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = '${t}')
      AND pg_catalog.strpos(p.prosrc, '${t}.iasql_seal_argument(') > 0
    UNION
    SELECT w.oid, w.class, w.name FROM held h CROSS JOIN LATERAL (${ways(userSchema)}) w)
  SELECT DISTINCT name, CASE WHEN class = ${catalog('pg_class')} THEN 'relation' ELSE 'function' END AS kind FROM held`

const ownership = 'SECURITY INVOKER SET search_path = pg_catalog, pg_temp'

/**
 * Gives the marker that the row shall hold in place of the value. Called by triggers, as the owner. A revert writes back an
 * earlier marker of the same row, under the login of who asks for it: the platform has noted its transaction. A setting could
 * be forged, and an earlier value be moved to a row of another name.
 */
const keepSecret = (t: string): string => `
CREATE FUNCTION ${t}.iasql_keep_secret(of_table text, of_row bigint, of_column text, given text) RETURNS text
LANGUAGE plpgsql ${ownership} AS $iasql$
DECLARE
  kept ${t}.iasql_secret%ROWTYPE;
  marked bigint;
  restores boolean = EXISTS (SELECT FROM ${t}.iasql_restoring r WHERE r.xid = pg_current_xact_id());
BEGIN
  IF given ~ '${secretMarker}' THEN
    IF length(given) < 26 THEN
      SELECT s.* INTO kept FROM ${t}.iasql_secret s WHERE s.version = CAST(substr(given, 8) AS bigint)
        AND s.table_name = of_table AND s.column_name = of_column;
    END IF;
    IF kept.row_id = of_row AND (restores OR kept.xid = pg_current_xact_id()) THEN RETURN given; END IF;
    IF kept.xid = pg_current_xact_id() THEN
      INSERT INTO ${t}.iasql_secret (table_name, row_id, column_name, key_name, message)
        VALUES (of_table, of_row, of_column, kept.key_name, kept.message) RETURNING version INTO marked;
      RETURN 'secret:' || marked;
    END IF;
    IF restores AND kept.version IS NULL THEN
      RAISE EXCEPTION USING ERRCODE = 'P0002', COLUMN = of_column,
        MESSAGE = format('%s of %s cannot be restored: the value behind %s is kept no longer', of_column, of_table, given),
        HINT = 'Write the value itself.';
    END IF;
    RAISE EXCEPTION USING ERRCODE = '22023', COLUMN = of_column,
      MESSAGE = format('%s of %s is write-only, and %s only stands for what this row does not hold', of_column, of_table, given),
      HINT = 'Write the value itself, or leave the column out of the statement.';
  END IF;
  IF octet_length(given) > ${mostBytes} THEN
    RAISE EXCEPTION USING ERRCODE = '54000', COLUMN = of_column,
      MESSAGE = format('%s of %s is larger than ${mostBytes / 1024} KiB', of_column, of_table),
      HINT = 'Keep it elsewhere, for example in a bucket, encrypted under a key that is kept here.';
  END IF;
  INSERT INTO ${t}.iasql_secret (table_name, row_id, column_name, key_name, message)
    SELECT of_table, of_row, of_column, k.key_name,
      pgcrypto.pgp_pub_encrypt(given, k.public_key, 'cipher-algo=aes256, compress-algo=0')
    FROM ${t}.iasql_secret_key k ORDER BY k.made_at DESC LIMIT 1 RETURNING version INTO marked;
  IF marked IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = '55000', MESSAGE = 'there is no key yet to encrypt secrets under',
      HINT = 'Installing a module with secret columns makes one; install it again.';
  END IF;
  RETURN 'secret:' || marked;
END
$iasql$`

/** A secret argument as it leaves the statement: the name of the key, and the value encrypted under it. */
const sealArgument = (t: string): string => `
CREATE FUNCTION ${t}.iasql_seal_argument(given text) RETURNS text
LANGUAGE plpgsql STRICT ${ownership} AS $iasql$
DECLARE
  sealed text;
BEGIN
  IF octet_length(given) > ${mostArgumentBytes} THEN
    RAISE EXCEPTION USING ERRCODE = '54000', MESSAGE = 'a secret argument is larger than ${mostArgumentBytes / 1024} KiB',
      HINT = 'It is sent as it is: give the value itself.';
  END IF;
  SELECT k.key_name || ' ' || translate(encode(
      pgcrypto.pgp_pub_encrypt(given, k.public_key, 'cipher-algo=aes256, compress-algo=0'), 'base64'), E'\\n', '')
    INTO sealed FROM ${t}.iasql_secret_key k ORDER BY k.made_at DESC LIMIT 1;
  IF sealed IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = '55000', MESSAGE = 'there is no key yet to encrypt secrets under',
      HINT = 'Installing a module with secrets makes one; install it again.';
  END IF;
  RETURN sealed;
END
$iasql$`

/**
 * Deletes versions older than that which no row and no open call asks for; returns how many. One that a change took out of
 * its row stays as long after that change, and until the transaction of it has ended.
 */
const purgeSecrets = (t: string): string => `
CREATE FUNCTION ${t}.iasql_purge_secrets(older_than interval, most int) RETURNS int
LANGUAGE plpgsql ${ownership} AS $iasql$
DECLARE
  place record;
  gone int;
  total int = 0;
  held text;
BEGIN
  FOR place IN SELECT DISTINCT s.table_name, s.column_name FROM ${t}.iasql_secret s
      WHERE s.at < clock_timestamp() - older_than LOOP
    held = CASE WHEN to_regclass(format('${t}.%I', place.table_name)) IS NULL THEN 'false' ELSE
      format('EXISTS (SELECT FROM ${t}.%I r WHERE r.id = s.row_id AND r.%I = ''secret:'' || s.version)',
        place.table_name, place.column_name) END;
    EXECUTE format('DELETE FROM ${t}.iasql_secret WHERE version = ANY (ARRAY(
        SELECT s.version FROM ${t}.iasql_secret s WHERE s.table_name = $1 AND s.column_name = $2 AND s.at < $3
          AND NOT %s AND NOT EXISTS (SELECT FROM ${t}.iasql_intent i WHERE i.table_name = s.table_name
            AND i.row_id = s.row_id AND i.want->>s.column_name = ''secret:'' || s.version)
          AND NOT EXISTS (SELECT FROM ${t}.iasql_audit a WHERE a.table_name = s.table_name AND a.row_id = s.row_id
            AND a.original->>s.column_name = ''secret:'' || s.version
            AND (a.ts >= $3 OR EXISTS (SELECT FROM ${t}.iasql_commit c JOIN ${t}.iasql_transaction x USING (transaction_id)
              WHERE c.xid = a.xid AND x.state IN (''open'', ''committing''))))
        ORDER BY s.at LIMIT $4))', held)
      USING place.table_name, place.column_name, clock_timestamp() - older_than, most - total;
    GET DIAGNOSTICS gone = ROW_COUNT;
    total = total + gone;
    EXIT WHEN total >= most;
  END LOOP;
  RETURN total;
END
$iasql$`

const signatures = [
  'iasql_keep_secret(text, bigint, text, text)',
  'iasql_seal_argument(text)',
  'iasql_purge_secrets(interval, int)',
]

export const tenantSecretsMigration: TenantMigration = {
  name: 'tenant-secrets',
  version: 1,
  sql: (tenant: Tenant): readonly string[] => {
    const { schema: t, readerRole, writerRole } = tenant
    return [
      ...tables(t),
      names(tenant),
      `GRANT SELECT ON ${t}.iasql_secret_name TO ${readerRole}, ${writerRole}`,
      keepSecret(t),
      sealArgument(t),
      purgeSecrets(t),
      ...signatures.map((signature) => `REVOKE ALL ON FUNCTION ${t}.${signature} FROM PUBLIC`),
    ]
  },
}
