/** One of everything that a tenant may make itself, with rows that are hard to carry. */
import type { Queryable } from '#postgres/database.ts'
import type { Tenant } from '#postgres/tenant.ts'

const statements = (u: string, { schema: t, readerRole }: Tenant, letters: number): readonly string[] => [
  `CREATE TYPE ${u}.mood AS ENUM ('it''s fine', 'back\\slash', 'último')`,
  `CREATE DOMAIN ${u}.percent AS numeric(5, 2) DEFAULT 1.5 NOT NULL CONSTRAINT in_range CHECK (VALUE BETWEEN 0 AND 100)`,
  `CREATE DOMAIN ${u}.word AS text COLLATE "C"`,
  `CREATE TYPE ${u}.pair AS (a int, "b c" text, m ${u}.mood)`,
  `CREATE SEQUENCE ${u}.tens AS int INCREMENT 10 MINVALUE 5 MAXVALUE 1000 START 5 CACHE 3 CYCLE`,
  `CREATE FUNCTION ${u}.norm(given text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT AS $$
     BEGIN RETURN lower(given) || E'\\t:x'; END $$`,
  `CREATE TABLE ${u}."Odd ""name" (id bigint GENERATED ALWAYS AS IDENTITY (START WITH 7 INCREMENT 3) PRIMARY KEY,
     gone int, m ${u}.mood DEFAULT 'it''s fine', p ${u}.percent, w ${u}.word, c ${u}.pair, cs ${u}.pair[], n numeric, f float8,
     t timestamptz, i interval, r int4range, j jsonb, x bytea, long text, ten int DEFAULT nextval('${u}.tens'),
     normal text GENERATED ALWAYS AS (${u}.norm(long)) STORED, chars char(5), nothing int[], v xml, bits bit varying)`,
  `ALTER TABLE ${u}."Odd ""name" DROP COLUMN gone`,
  `ALTER TABLE ${u}."Odd ""name" ALTER long SET STORAGE EXTERNAL`,
  `INSERT INTO ${u}."Odd ""name" (m, p, w, c, cs, n, f, t, i, r, j, x, long, chars, nothing, v, bits) VALUES
     ('último', 99.99, '', ROW(1, 'a,"b)', 'it''s fine'), ARRAY[ROW(NULL, NULL, NULL)::${u}.pair, NULL], 'NaN', '-Infinity', 'infinity',
      '1 mon -3 days 04:05:06.789', 'empty', '{"a": [1e400, null, "\\u00e9"]}', '\\x00ff', E'one\\ntwo\\t"three"\\\\ ,()', 'ab', '{}', '<a/>', '1011'),
     (NULL, 0, NULL, NULL, '{}', 0.1000, 0.1, '0044-03-15 12:00:00 BC', '-1 year', '[1,)', 'null', '', '', '', ARRAY[NULL, 1], NULL, ''),
     (NULL, 1, 'é', ROW(NULL, '', NULL), NULL, 123456789012345678901234567890.123, 5e-324, NULL, NULL, NULL, '[]', NULL,
      (SELECT string_agg(md5(n::text) || ':é😀', '') FROM generate_series(1, ${letters}) n), NULL, NULL, NULL, NULL)`,
  `CREATE TABLE ${u}.parent (k text PRIMARY KEY, up text REFERENCES ${u}.parent DEFERRABLE INITIALLY DEFERRED,
     UNIQUE NULLS NOT DISTINCT (up, k)) WITH (fillfactor = 70)`,
  `INSERT INTO ${u}.parent VALUES ('a', 'z'), ('z', 'a'), ('m', NULL)`,
  `CREATE TABLE ${u}.child (parent text NOT NULL REFERENCES ${u}.parent ON DELETE CASCADE ON UPDATE SET DEFAULT, during tsrange,
     serial serial, EXCLUDE USING gist (during WITH &&))`,
  `INSERT INTO ${u}.child (parent, during) SELECT 'a', tsrange(d, d + interval '1 hour') FROM
     generate_series(timestamp '2026-01-01', '2026-02-01', interval '1 day') d`,
  `DELETE FROM ${u}.child WHERE serial BETWEEN 5 AND 9`,
  `ALTER TABLE ${u}.child ADD CONSTRAINT small CHECK (serial < 10) NOT VALID`,
  `CREATE FUNCTION ${u}.parents() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT count(*) FROM ${u}.parent'`,
  `ALTER TABLE ${u}.child ADD CONSTRAINT looks_elsewhere CHECK (${u}.parents() > 0)`,
  `CREATE UNLOGGED TABLE ${u}.quick (n int)`,
  `CREATE TABLE ${u}.nothing ()`,
  `INSERT INTO ${u}.nothing DEFAULT VALUES`,
  `CREATE TABLE ${u}.many AS SELECT n, repeat('x', n % 50) AS body FROM generate_series(1, 30000) n`,
  `DELETE FROM ${u}.many WHERE n BETWEEN 2000 AND 29000`,
  `CREATE INDEX on_norm ON ${u}.parent (lower(k)) WHERE k <> ''`,
  `CREATE STATISTICS ${u}.both ON n, body FROM ${u}.many`,
  `CREATE VIEW ${u}.seen (name, installed) WITH (security_barrier) AS SELECT name, installed_at::text || ':00' FROM ${t}.iasql_module`,
  `CREATE VIEW ${u}.above AS SELECT s.name, p.k, m.n FROM ${u}.seen s, ${u}.parent p, ${u}.zipped m`,
  `CREATE FUNCTION ${u}.of_view(v ${u}.seen) RETURNS text LANGUAGE sql AS 'SELECT v.name'`,
  `CREATE PROCEDURE ${u}.proc(INOUT n int) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_temp AS 'BEGIN n = n + 1; END'`,
  `CREATE FUNCTION ${u}.atomic() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT count(*)::int FROM ${u}.above; END`,
  `CREATE FUNCTION ${u}.broken() RETURNS int LANGUAGE sql SET check_function_bodies = off AS 'SELECT 1'`,
  `CREATE FUNCTION ${u}.touched() RETURNS trigger LANGUAGE plpgsql AS
     'BEGIN IF TG_OP = ''INSERT'' THEN RAISE ''no rows from outside''; END IF; RETURN NEW; END'`,
  `CREATE TRIGGER touched BEFORE INSERT OR UPDATE OF k ON ${u}.parent FOR EACH ROW WHEN (NEW.k <> 'q') EXECUTE FUNCTION ${u}.touched()`,
  `CREATE TRIGGER off AFTER INSERT ON ${u}.parent FOR EACH STATEMENT EXECUTE FUNCTION ${u}.touched()`,
  `ALTER TABLE ${u}.parent DISABLE TRIGGER off`,
  `CREATE TRIGGER instead INSTEAD OF INSERT ON ${u}.above FOR EACH ROW EXECUTE FUNCTION ${u}.touched()`,
  `ALTER SEQUENCE ${u}.tens OWNED BY ${u}."Odd ""name".ten`,
  `COMMENT ON TABLE ${u}."Odd ""name" IS 'It''s :odd'`,
  `COMMENT ON COLUMN ${u}."Odd ""name".m IS 'a mood'`,
  `COMMENT ON FUNCTION ${u}.norm(text) IS 'norm'`,
  `COMMENT ON DOMAIN ${u}.percent IS 'of all'`,
  `COMMENT ON CONSTRAINT in_range ON DOMAIN ${u}.percent IS 'both ends'`,
  `COMMENT ON CONSTRAINT small ON ${u}.child IS 'from now on'`,
  `COMMENT ON TRIGGER touched ON ${u}.parent IS 'keeps'`,
  `REVOKE ALL ON ${u}.quick FROM ${readerRole}`,
  `GRANT SELECT (k), UPDATE (up) ON ${u}.parent TO ${readerRole}`,
  `GRANT INSERT, DELETE ON ${u}.child TO ${readerRole} WITH GRANT OPTION`,
  `REVOKE EXECUTE ON FUNCTION ${u}.norm(text) FROM PUBLIC`,
  `GRANT USAGE ON SEQUENCE ${u}.tens TO PUBLIC`,
  `ALTER TABLE ${u}.many ALTER n SET STATISTICS 500, ALTER body SET (n_distinct = -0.5), ALTER body SET COMPRESSION pglz`,
  `ALTER TABLE ${u}.many SET (toast.autovacuum_enabled = off), REPLICA IDENTITY FULL`,
  `ALTER TABLE ${u}.parent CLUSTER ON parent_pkey, REPLICA IDENTITY USING INDEX parent_pkey`,
  `ALTER DEFAULT PRIVILEGES IN SCHEMA ${u} REVOKE SELECT ON TABLES FROM ${readerRole}`,
  `ALTER DEFAULT PRIVILEGES IN SCHEMA ${u} GRANT INSERT ON TABLES TO ${readerRole} WITH GRANT OPTION`,
  `CREATE TABLE ${u}.kept_back (n int)`,
]

/** `letters`: of the longest value, in units of 36. */
export async function makeUserWorld(writer: Queryable, tenant: Tenant, letters = 100): Promise<void> {
  const u = tenant.userSchema
  const run = async (sql: string) => {
    await writer.query(
      `SELECT ${tenant.schema}.iasql_execute(:sql, '{"check_function_bodies": "off"}'::jsonb, '[]')::text AS done`,
      { sql },
    )
  }
  await run(`CREATE TABLE ${u}.zipper AS SELECT 1 AS n`)
  await run(`CREATE MATERIALIZED VIEW ${u}.zipped AS SELECT n, ':' AS colon FROM ${u}.zipper`)
  await run(`CREATE UNIQUE INDEX on_zipped ON ${u}.zipped (n)`)
  await run(`CREATE MATERIALIZED VIEW ${u}.empty AS SELECT 1 AS one WITH NO DATA`)
  for (const sql of statements(u, tenant, letters)) await run(sql)
}
