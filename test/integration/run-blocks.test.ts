import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { decideTransaction } from '#operations/run/commit-transaction.ts'
import { beginTenantTransaction } from '#operations/run/tenant-transaction.ts'
import { openRunLab, type RunLab } from '../support/run-lab.ts'

let lab: RunLab

beforeAll(async () => {
  lab = await openRunLab()
  await lab.asOwner(`CREATE TABLE ${lab.tenant.schema}.vpc (id int PRIMARY KEY, cidr text)`)
  await lab.asOwner(
    `GRANT SELECT, INSERT, UPDATE, DELETE ON ${lab.tenant.schema}.vpc TO ${lab.tenant.writerRole}`,
  )
  await lab.asOwner(`GRANT SELECT ON ${lab.tenant.schema}.vpc TO ${lab.tenant.readerRole}`)
  await lab.run('CREATE TABLE items (n int PRIMARY KEY)')
})

afterAll(async () => {
  await lab?.close()
})

const tags = async (sql: string, options = {}) => {
  const result = await lab.run(sql, options)
  return result.statements.map((statement) => statement.tag ?? statement.error?.sqlstate)
}
const scalarOf = async (sql: string, at = -1) => (await lab.run(sql)).statements.at(at)?.rows[0]?.[0]

test('BEGIN … COMMIT is one transaction, with savepoints, cursors and prepared statements', async () => {
  const result = await lab.run(`
    BEGIN ISOLATION LEVEL REPEATABLE READ;
    INSERT INTO items VALUES (1), (2);
    SAVEPOINT "a ""b""";
    DELETE FROM items;
    ROLLBACK TO "a ""b""";
    RELEASE "a ""b""";
    PREPARE add(int) AS INSERT INTO items VALUES ($1) RETURNING n;
    EXECUTE add(3);
    DECLARE c CURSOR FOR SELECT n FROM items ORDER BY n;
    FETCH 2 FROM c;
    MOVE 1 FROM c;
    CLOSE c;
    SHOW transaction_isolation;
    COMMIT;
    SELECT count(*) FROM items`)

  expect(result.statements.filter((statement) => statement.error)).toEqual([])
  expect(result.statements.map((statement) => statement.tag)).toEqual([
    'BEGIN',
    'INSERT 0 2',
    'SAVEPOINT',
    'DELETE 2',
    'ROLLBACK',
    'RELEASE',
    'PREPARE',
    'INSERT 0 1',
    'DECLARE CURSOR',
    'FETCH 2',
    'MOVE',
    'CLOSE CURSOR',
    'SHOW',
    'COMMIT',
    'SELECT 1',
  ])
  expect(result.statements[9]?.rows).toEqual([['1'], ['2']])
  expect(result.statements[12]?.rows).toEqual([['repeatable read']])
  expect(result.statements[14]?.rows).toEqual([['3']])
})

test('a failed statement ends the block: nothing of it stays', async () => {
  const stopped = await tags('BEGIN; INSERT INTO items VALUES (10); SELECT 1/0; COMMIT')
  const continued = await tags(
    'BEGIN; INSERT INTO items VALUES (11); SELECT 1/0; SELECT 1; COMMIT; SELECT 2',
    { stopOnError: false },
  )
  const mended = await tags(
    'BEGIN; SAVEPOINT s; SELECT 1/0; ROLLBACK TO s; INSERT INTO items VALUES (12); COMMIT',
    { stopOnError: false },
  )

  expect(stopped).toEqual(['BEGIN', 'INSERT 0 1', '22012'])
  expect(continued).toEqual(['BEGIN', 'INSERT 0 1', '22012', '25P02', 'ROLLBACK', 'SELECT 1'])
  expect(mended).toEqual(['BEGIN', 'SAVEPOINT', '22012', 'ROLLBACK', 'INSERT 0 1', 'COMMIT'])
  expect(await scalarOf("SELECT string_agg(n::text, ',') FROM items WHERE n >= 10")).toBe('12')
})

test('a deferred constraint fails at the COMMIT', async () => {
  const result = await lab.run(`
    CREATE TABLE parents (id int PRIMARY KEY);
    CREATE TABLE children (parent int REFERENCES parents DEFERRABLE INITIALLY DEFERRED);
    BEGIN; INSERT INTO children VALUES (1); COMMIT`)

  expect(result.statements.map((statement) => statement.tag ?? statement.error?.sqlstate)).toEqual([
    'CREATE TABLE',
    'CREATE TABLE',
    'BEGIN',
    'INSERT 0 1',
    '23503',
  ])
  expect(await tags('INSERT INTO children VALUES (2)')).toEqual(['23503'])
  expect(await scalarOf('SELECT count(*) FROM children')).toBe('0')
})

test('refuses a BEGIN without its end before anything runs', async () => {
  const result = await lab.run('INSERT INTO items VALUES (99); BEGIN; SELECT 1')

  expect(result.statements[0]?.error).toMatchObject({ code: 'sql/unsupported', position: 32 })
  expect(result.statements[0]?.error?.hint).toContain('BEGIN … COMMIT as one text')
  expect(await scalarOf('SELECT count(*) FROM items WHERE n = 99')).toBe('0')
})

test.each([
  ['VACUUM', '25001'],
  ['CREATE INDEX CONCURRENTLY i ON items (n)', '25001'],
  ['REINDEX (CONCURRENTLY) TABLE items', '25001'],
  ['CREATE DATABASE other', '25001'],
  ["ALTER ROLE CURRENT_USER PASSWORD 'x'", '42501'],
  ['ALTER SYSTEM SET work_mem = 1', '42501'],
  ['SET ROLE postgres', '42501'],
  ['SET SESSION AUTHORIZATION DEFAULT', '42501'],
  ['NOTIFY x', '42501'],
  ['LISTEN x', '42501'],
  ["LOAD 'plpgsql'", '42501'],
  ["COPY items TO '/tmp/x'", '42501'],
  ["COPY items FROM PROGRAM 'ls'", '42501'],
  ['COPY items TO STDOUT', '0A000'],
  ["PREPARE TRANSACTION 'x'", '42501'],
  ['PREPARE p AS SELECT 1', '25P01'],
  ['DECLARE c CURSOR FOR SELECT 1', '25P01'],
  ['SAVEPOINT s', '25P01'],
  ['LOCK TABLE vpc IN ACCESS EXCLUSIVE MODE', '42501'],
  ['GRANT SELECT ON vpc TO PUBLIC', '42501'],
  ['SET work_mem TO 100', '42501'],
  ['CREATE TABLE vpc (n int)', '42P07'],
  ['CREATE VIEW vpc AS SELECT 1', '42P07'],
  ['SELECT 1 AS n INTO vpc', '42P07'],
  ['CREATE FUNCTION iasql_fetch() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$', '42723'],
  ['DO $$ BEGIN CREATE TABLE inside (n int); END $$', '42501'],
])('refuses %s with %s and says what to do', async (sql, sqlstate) => {
  const result = await lab.run(sql)

  expect(result.statements[0]?.error?.sqlstate).toBe(sqlstate)
  expect(result.statements[0]?.error?.hint).toBeTruthy()
})

test.each([
  ['DROP TABLE vpc', 'must be owner of table vpc'],
  ['ALTER TABLE vpc ADD COLUMN x int', 'must be owner of table vpc'],
  ["COMMENT ON TABLE vpc IS 'x'", 'must be owner of table vpc'],
  ['TRUNCATE vpc', 'permission denied for table vpc'],
  ['SELECT * FROM iasql_run', 'permission denied for table iasql_run'],
])('leaves the refusal of %s to PostgreSQL', async (sql, message) => {
  const result = await lab.run(sql)

  expect(result.statements[0]?.error).toMatchObject({ sqlstate: '42501', message })
})

test('a viewer reads with the reader’s login', async () => {
  const session = await lab.session({ role: 'viewer' })

  const result = await lab.run('SELECT count(*) FROM vpc; INSERT INTO vpc VALUES (1)', {}, session)

  expect(result.statements[0]?.rows).toEqual([['0']])
  expect(result.statements[1]?.error?.sqlstate).toBe('42501')
})

test('SET is kept for the connection and for no other', async () => {
  const session = await lab.session()
  const show = "SHOW timezone; SELECT timestamptz '2026-01-01 00:00Z', date '2026-12-31'"

  const set = await lab.run("SET timezone TO 'Asia/Tokyo'; SET SESSION datestyle = 'German'", {}, session)
  const same = await lab.run(show, {}, session)
  const other = await lab.run(show)
  const reset = await lab.run(`RESET timezone; ${show}`, {}, session)
  const all = await lab.run(`RESET ALL; SHOW datestyle`, {}, session)

  expect(set.statements.map((statement) => statement.tag)).toEqual(['SET', 'SET'])
  expect(same.statements.map((statement) => statement.rows)).toEqual([
    [['Asia/Tokyo']],
    [['01.01.2026 09:00:00 JST', '31.12.2026']],
  ])
  expect(other.statements[0]?.rows).toEqual([['UTC']])
  expect(reset.statements[1]?.rows).toEqual([['UTC']])
  expect(all.statements[1]?.rows).toEqual([['ISO, MDY']])
})

test('settings in a block live and die with it', async () => {
  const session = await lab.session()
  const { schema, userSchema } = lab.tenant

  const rolledBack = await lab.run(
    "BEGIN; SET timezone = 'Asia/Tokyo'; SHOW timezone; ROLLBACK; SHOW timezone",
    {},
    session,
  )
  const local = await lab.run(
    "BEGIN; SET LOCAL work_mem = '5MB'; SHOW work_mem; COMMIT; SHOW work_mem",
    {},
    session,
  )
  const kept = await lab.run(
    `BEGIN; SET search_path = ${userSchema}, ${schema}; COMMIT; SHOW search_path`,
    {},
    session,
  )
  const foreign = await lab.run('SET search_path = public', {}, session)

  expect(rolledBack.statements[2]?.rows).toEqual([['Asia/Tokyo']])
  expect(rolledBack.statements[4]?.rows).toEqual([['UTC']])
  expect(local.statements[2]?.rows).toEqual([['5MB']])
  expect(local.statements[4]?.rows).not.toEqual([['5MB']])
  expect(kept.statements[3]?.rows).toEqual([[`${userSchema}, ${schema}`]])
  expect(foreign.statements[0]?.error?.sqlstate).toBe('42501')
})

test('tells what the engine’s triggers said, after the commit', async () => {
  const t = lab.tenant.schema
  await lab.asOwner(`CREATE FUNCTION ${t}.say() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS 'BEGIN INSERT INTO ${t}.iasql_notice (message, hint) VALUES (''protected'', ''leave it''); RETURN OLD; END'`)
  await lab.asOwner(`CREATE TRIGGER say BEFORE DELETE ON ${t}.vpc FOR EACH ROW EXECUTE FUNCTION ${t}.say()`)

  const single = await lab.run('INSERT INTO vpc VALUES (7); DELETE FROM vpc')
  const block = await lab.run('INSERT INTO vpc VALUES (8); BEGIN; DELETE FROM vpc; SELECT 1; COMMIT')
  const undone = await lab.run('INSERT INTO vpc VALUES (9); BEGIN; DELETE FROM vpc; ROLLBACK')

  expect(single.statements.map((statement) => statement.notices)).toEqual([[], ['protected']])
  expect(block.statements.map((statement) => statement.notices)).toEqual([[], [], [], [], ['protected']])
  expect(undone.statements.flatMap((statement) => statement.notices)).toEqual([])
})

test('what a savepoint keeps of settings goes with it', async () => {
  const value = await scalarOf(
    `
    BEGIN;
    SET LOCAL timezone = 'Asia/Tokyo';
    SAVEPOINT a;
    SET LOCAL timezone = 'Europe/Rome';
    SAVEPOINT a;
    RELEASE a;
    ROLLBACK TO a;
    SAVEPOINT b;
    SET LOCAL search_path = ${lab.tenant.userSchema};
    SAVEPOINT a;
    ROLLBACK TO b;
    ROLLBACK TO a;
    SELECT current_setting('timezone') || ' ' || current_setting('search_path');
    COMMIT`,
    12,
  )

  expect(value).toBe(`Asia/Tokyo ${lab.tenant.schema}, ${lab.tenant.userSchema}`)
})

test.each([
  "BEGIN; SET LOCAL application_name = 'x'; COMMIT",
  "SET application_name = 'x'",
  "SELECT set_config('application_name', 'x', true)",
  "BEGIN; WITH c AS (SELECT pg_catalog.set_config('Application_Name', 'x', true)) TABLE c; COMMIT",
])("the name by which a cancel finds a run is not a tenant's to set: %s", async (sql) => {
  expect(await tags(sql)).toContain('42501')
})

test('a statement that hides the name of its run hides only itself', async () => {
  const name = await scalarOf(
    `
    BEGIN;
    DO $$ BEGIN PERFORM set_config('application_name', 'x', true); END $$;
    SELECT current_setting('application_name');
    COMMIT`,
    2,
  )

  expect(name).toMatch(/^iasql [0-9a-f-]{36}$/)
})

test('a transaction that hides its name while it commits is found by its id', async () => {
  const { db, tenant, ports } = lab
  const runId = randomUUID()
  const transaction = await beginTenantTransaction(ports, tenant, tenant.writer)
  await transaction.command('INSERT INTO items VALUES (700)')
  const { xid = '' } = await transaction.end()
  await db.platform.run(
    `INSERT INTO ${tenant.schema}.iasql_commit (xid, actor, run_id, statement, tag, row_count)
     VALUES (:xid::xid8, 'ann', :runId::uuid, 0, 'INSERT 0 1', 1)`,
    { xid, runId },
  )

  expect(await decideTransaction(ports, tenant, runId, xid)).toBe('aborted')
})
