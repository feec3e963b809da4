/**
 * The functions through which a tenant's statement runs. Its text comes as a parameter, so that nothing in it can be
 * taken for a parameter of the Data API, and it runs with the caller's rights and settings: none of them pins its own.
 */
import type { Tenant } from '../tenant.ts'

/** A body as a plain literal: the Data API might look for parameters between dollar quotes. */
const source = (body: string): string => `'${body.replaceAll("'", "''")}'`

/** Sets what the statement shall run under, until the transaction ends, and refuses names that the schema has. */
const begin = (t: string): string => `
CREATE FUNCTION ${t}.iasql_begin_statement(settings jsonb, checks jsonb) RETURNS void LANGUAGE plpgsql AS ${source(`
DECLARE item record;
BEGIN
  FOR item IN SELECT key, value FROM pg_catalog.jsonb_each_text(settings) LOOP
    PERFORM pg_catalog.set_config(item.key, item.value, true);
  END LOOP;
  FOR item IN SELECT c.value FROM pg_catalog.jsonb_array_elements(checks) c LOOP
    IF (CASE item.value->>'class'
      WHEN 'relation' THEN EXISTS (SELECT FROM pg_catalog.pg_class o
        WHERE o.relname = (item.value->>'name')::name AND o.relnamespace = '${t}'::regnamespace)
      WHEN 'function' THEN EXISTS (SELECT FROM pg_catalog.pg_proc o
        WHERE o.proname = (item.value->>'name')::name AND o.pronamespace = '${t}'::regnamespace)
      ELSE EXISTS (SELECT FROM pg_catalog.pg_type o
        WHERE o.typname = (item.value->>'name')::name AND o.typnamespace = '${t}'::regnamespace)
    END) THEN
      RAISE EXCEPTION USING ERRCODE = item.value->>'sqlstate', MESSAGE = item.value->>'message',
        HINT = item.value->>'hint';
    END IF;
  END LOOP;
END`)}`

const open = (t: string): string => `
CREATE FUNCTION ${t}.iasql_open(statement text, settings jsonb, checks jsonb) RETURNS void LANGUAGE plpgsql AS ${source(`
DECLARE result refcursor = 'iasql_result';
BEGIN
  PERFORM ${t}.iasql_begin_statement(settings, checks);
  OPEN result FOR EXECUTE statement;
END`)}`

const execute = (t: string): string => `
CREATE FUNCTION ${t}.iasql_execute(statement text, settings jsonb, checks jsonb) RETURNS bigint LANGUAGE plpgsql AS ${source(`
DECLARE affected bigint;
BEGIN
  PERFORM ${t}.iasql_begin_statement(settings, checks);
  EXECUTE statement;
  GET DIAGNOSTICS affected = ROW_COUNT;
  RETURN affected;
END`)}`

/** For CALL and EXECUTE: null when there are rows to fetch, else the number of rows changed. */
const openOrExecute = (t: string): string => `
CREATE FUNCTION ${t}.iasql_open_or_execute(statement text, settings jsonb, checks jsonb) RETURNS bigint
LANGUAGE plpgsql AS ${source(`
DECLARE result refcursor = 'iasql_result'; affected bigint;
BEGIN
  PERFORM ${t}.iasql_begin_statement(settings, checks);
  BEGIN
    OPEN result FOR EXECUTE statement;
    RETURN NULL;
  EXCEPTION WHEN invalid_cursor_definition THEN NULL;
  END;
  EXECUTE statement;
  GET DIAGNOSTICS affected = ROW_COUNT;
  RETURN affected;
END`)}`

/**
 * The next rows of the open result as record text, cut into pieces that fit a row of the Data API, for as long as
 * \`max_ms\` and one answer allow. Rows are taken in batches that double, so that a slow query still gives its first rows
 * at once. What does not fit waits in the setting \`iasql.pending\`. The row that ends an answer has no body.
 */
const fetch = (t: string): string => `
CREATE FUNCTION ${t}.iasql_fetch(max_ms int) RETURNS TABLE (body text, finished boolean) LANGUAGE plpgsql AS ${source(`
DECLARE
  result refcursor = 'iasql_result';
  item record;
  line text;
  size int;
  sent int = 0;
  gathered text[] = ARRAY[]::text[];
  gathered_bytes int = 0;
  pending text[] = ARRAY[]::text[];
  pending_bytes bigint = 0;
  rest text = pg_catalog.current_setting('iasql.pending', true);
  seen bigint = 0;
  seen_bytes bigint = 0;
  taken int;
  batch int = 1;
  stop_at timestamptz = pg_catalog.clock_timestamp() + max_ms * interval '1 millisecond';
BEGIN
  finished = false;
  IF rest <> '' THEN
    FOR piece IN 0 .. 20 LOOP
      body = pg_catalog.substr(rest, piece * 12000 + 1, 12000);
      EXIT WHEN body = '';
      RETURN NEXT;
    END LOOP;
    rest = pg_catalog.substr(rest, 21 * 12000 + 1);
    PERFORM pg_catalog.set_config('iasql.pending', rest, true);
    body = NULL;
    RETURN NEXT;
    RETURN;
  END IF;
  LOOP
    taken = 0;
    FOR item IN EXECUTE 'FETCH FORWARD ' || batch || ' FROM iasql_result' LOOP
      line = item::text;
      size = pg_catalog.octet_length(line);
      taken = taken + 1;
      seen_bytes = seen_bytes + size;
      IF size > 16777216 OR pending_bytes > 67108864 THEN
        RAISE EXCEPTION USING ERRCODE = '54000', MESSAGE = 'row is too large: ' || size || ' bytes of text',
          HINT = 'Select fewer or shorter columns; a row may have 16 MiB of text.';
      END IF;
      IF sent + gathered_bytes + size > 600000 OR pending_bytes > 0 THEN
        pending = pending || line;
        pending_bytes = pending_bytes + size;
      ELSE
        IF gathered_bytes + size > 48000 AND gathered_bytes > 0 THEN
          body = pg_catalog.array_to_string(gathered, '');
          RETURN NEXT;
          sent = sent + gathered_bytes;
          gathered = ARRAY[]::text[];
          gathered_bytes = 0;
        END IF;
        IF size > 48000 THEN
          FOR piece IN 0 .. (size / 12000) LOOP
            body = pg_catalog.substr(line, piece * 12000 + 1, 12000);
            EXIT WHEN body = '';
            RETURN NEXT;
          END LOOP;
          sent = sent + size;
        ELSE
          gathered = gathered || line;
          gathered_bytes = gathered_bytes + size;
        END IF;
      END IF;
    END LOOP;
    seen = seen + taken;
    finished = taken < batch;
    EXIT WHEN finished OR sent + gathered_bytes + pending_bytes > 400000
      OR pg_catalog.clock_timestamp() > stop_at;
    batch = LEAST(batch * 2, 100, GREATEST(1, (600000 - sent - gathered_bytes) / (seen_bytes / seen + 1) / 2));
  END LOOP;
  IF gathered_bytes > 0 THEN
    body = pg_catalog.array_to_string(gathered, '');
    RETURN NEXT;
  END IF;
  IF pending_bytes > 0 THEN
    PERFORM pg_catalog.set_config('iasql.pending', pg_catalog.array_to_string(pending, ''), true);
    finished = false;
  ELSIF finished THEN
    CLOSE result;
  END IF;
  body = NULL;
  RETURN NEXT;
END`)}`

const signatures = [
  'iasql_begin_statement(jsonb, jsonb)',
  'iasql_open(text, jsonb, jsonb)',
  'iasql_execute(text, jsonb, jsonb)',
  'iasql_open_or_execute(text, jsonb, jsonb)',
  'iasql_fetch(int)',
]

export const invokerFunctions = ({ schema: t, readerRole, writerRole }: Tenant): readonly string[] => [
  begin(t),
  open(t),
  execute(t),
  openOrExecute(t),
  fetch(t),
  ...signatures.flatMap((signature) => [
    `REVOKE ALL ON FUNCTION ${t}.${signature} FROM PUBLIC`,
    `GRANT EXECUTE ON FUNCTION ${t}.${signature} TO ${readerRole}, ${writerRole}`,
  ]),
]
