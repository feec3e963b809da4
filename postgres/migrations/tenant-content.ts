/** What content columns stand for: bytes by their digest, in pieces that a row of a result has room for. */
import type { Tenant } from '../tenant.ts'
import type { TenantMigration } from './migration.ts'

const tables = (t: string): readonly string[] => [
  `CREATE TABLE ${t}.iasql_content (
    digest text PRIMARY KEY, bytes int NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp())`,
  `CREATE TABLE ${t}.iasql_content_chunk (
    digest text NOT NULL REFERENCES ${t}.iasql_content ON DELETE CASCADE, number int NOT NULL, chunk bytea NOT NULL,
    PRIMARY KEY (digest, number))`,
  `CREATE INDEX iasql_content_at ON ${t}.iasql_content (at)`,
]

/** Bytes of one value: about what one statement can carry. */
const mostBytes = 4 * 1024 * 1024
/** Base64 makes four thirds of them, and a row has 64 KiB. */
const chunkBytes = 45_000

const ownership = 'SECURITY INVOKER SET search_path = pg_catalog, pg_temp'

/**
 * Gives the digest that the row shall hold. Bytes that are assigned to a text column arrive as `\x…`. A digest stands for
 * itself where its bytes are kept; a revert writes back those of rows that were imported, whose bytes only AWS has.
 */
const keepContent = (t: string): string => String.raw`
CREATE FUNCTION ${t}.iasql_keep_content(of_table text, of_column text, given text) RETURNS text
LANGUAGE plpgsql ${ownership} AS $iasql$
DECLARE
  body bytea;
  marked text;
BEGIN
  IF given ~ '^sha256:[0-9a-f]{64}$' THEN
    UPDATE ${t}.iasql_content c SET at = clock_timestamp() WHERE c.digest = given;
    IF FOUND OR EXISTS (SELECT FROM ${t}.iasql_restoring r WHERE r.xid = pg_current_xact_id()) THEN
      RETURN given;
    END IF;
    RAISE EXCEPTION USING ERRCODE = '22023', COLUMN = of_column,
      MESSAGE = format('%s of %s: what %s stands for is not kept here', of_column, of_table, given),
      HINT = 'Write the content itself, as text or as bytes.';
  END IF;
  IF left(given, 2) = '\x' AND given ~ '^\\x([0-9a-f]{2})*$' THEN
    body = decode(substr(given, 3), 'hex');
  ELSE
    body = convert_to(given, 'UTF8');
  END IF;
  IF octet_length(body) > ${mostBytes} THEN
    RAISE EXCEPTION USING ERRCODE = '54000', COLUMN = of_column,
      MESSAGE = format('%s of %s is larger than ${mostBytes / 1024 / 1024} MiB', of_column, of_table),
      HINT = 'Upload it by a tool of AWS; the next iasql_sync() shows what is there.';
  END IF;
  marked = 'sha256:' || encode(sha256(body), 'hex');
  INSERT INTO ${t}.iasql_content AS c (digest, bytes) VALUES (marked, octet_length(body))
    ON CONFLICT (digest) DO UPDATE SET at = clock_timestamp() WHERE c.at < clock_timestamp() - interval '1 hour';
  INSERT INTO ${t}.iasql_content_chunk (digest, number, chunk)
    SELECT marked, n, substring(body FROM n * ${chunkBytes} + 1 FOR ${chunkBytes})
    FROM generate_series(0, greatest(octet_length(body) - 1, 0) / ${chunkBytes}) AS n ON CONFLICT DO NOTHING;
  RETURN marked;
END
$iasql$`

/** Deletes what nothing has asked for since then: no row, no open call, no entry of the audit log. Returns how many. */
const purgeContent = (t: string): string => `
CREATE FUNCTION ${t}.iasql_purge_content(most int) RETURNS int
LANGUAGE plpgsql ${ownership} AS $iasql$
DECLARE
  place record;
  held text = 'SELECT CAST(NULL AS text)';
  gone int;
BEGIN
  FOR place IN SELECT r.relname, left(substr(c.conname, length(r.relname) + 2), -length('_content')) AS col
      FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid
      WHERE r.relnamespace = CAST('${t}' AS regnamespace) AND c.contype = 'c' AND c.conname LIKE r.relname || '%\\_content' LOOP
    held = held || format(' UNION ALL SELECT r.%2$I FROM ${t}.%1$I r
      UNION ALL SELECT i.want->>%2$L FROM ${t}.iasql_intent i WHERE i.table_name = %1$L
      UNION ALL SELECT a.original->>%2$L FROM ${t}.iasql_audit a WHERE a.table_name = %1$L
      UNION ALL SELECT a.change->>%2$L FROM ${t}.iasql_audit a WHERE a.table_name = %1$L', place.relname, place.col);
  END LOOP;
  EXECUTE format('DELETE FROM ${t}.iasql_content WHERE digest = ANY (ARRAY(
      SELECT c.digest FROM ${t}.iasql_content c WHERE c.at < $1
        AND NOT EXISTS (SELECT FROM (%s) AS h (digest) WHERE h.digest = c.digest) LIMIT $2)) AND at < $1', held)
    USING clock_timestamp() - interval '1 day', most;
  GET DIAGNOSTICS gone = ROW_COUNT;
  RETURN gone;
END
$iasql$`

const signatures = ['iasql_keep_content(text, text, text)', 'iasql_purge_content(int)']

export const tenantContentMigration: TenantMigration = {
  name: 'tenant-content',
  version: 1,
  sql: ({ schema: t }: Tenant): readonly string[] => [
    ...tables(t),
    keepContent(t),
    purgeContent(t),
    ...signatures.map((signature) => `REVOKE ALL ON FUNCTION ${t}.${signature} FROM PUBLIC`),
  ],
}
