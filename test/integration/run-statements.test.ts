import { afterAll, beforeAll, expect, test } from 'vitest'
import { openRunLab, type RunLab } from '../support/run-lab.ts'

let lab: RunLab

beforeAll(async () => {
  lab = await openRunLab()
})

afterAll(async () => {
  await lab?.close()
})

test('answers a query with its columns, rows as psql prints them, and its tag', async () => {
  const result =
    await lab.run(`SELECT 1 AS one, null AS nothing, '' AS empty, interval '1 day 2 hours' AS span,
    '{"a": 1}'::jsonb AS document, ARRAY['x "y"', 'a\\b'] AS list, '\\xdead'::bytea AS bytes, 9007199254740993 AS big,
    timestamptz '2026-01-02 03:04:05.678+02' AS at, numrange(1, 3) AS span2, point(1, 2) AS place, 'é😀' AS text, true AS yes`)

  expect(result.messages.map((message) => message.type)).toEqual([
    'accepted',
    'columns',
    'rows',
    'complete',
    'done',
  ])
  expect(result.messages.map((message) => message.seq)).toEqual([1, 2, 3, 4, 5])
  expect(result.statements[0]).toMatchObject({
    tag: 'SELECT 1',
    columns: [
      'one',
      'nothing',
      'empty',
      'span',
      'document',
      'list',
      'bytes',
      'big',
      'at',
      'span2',
      'place',
      'text',
      'yes',
    ],
    types: [
      'int4',
      'text',
      'text',
      'interval',
      'jsonb',
      '_text',
      'bytea',
      'int8',
      'timestamptz',
      'numrange',
      'point',
      'text',
      'bool',
    ],
    rows: [
      [
        '1',
        null,
        '',
        '1 day 02:00:00',
        '{"a": 1}',
        '{"x \\"y\\"","a\\\\b"}',
        '\\xdead',
        '9007199254740993',
        '2026-01-02 01:04:05.678+00',
        '[1,3)',
        '(1,2)',
        'é😀',
        't',
      ],
    ],
  })
  expect(result.state).toBe('succeeded')
})

test.each([
  ['SELECT', [], [[]], 'SELECT 1'],
  ['SELECT 1 AS a, 2 AS a', ['a', 'a'], [['1', '2']], 'SELECT 1'],
  ['VALUES (1), (2) -- the end', ['column1'], [['1'], ['2']], 'SELECT 2'],
  ['SELECT 1 WHERE false', ['?column?'], [], 'SELECT 0'],
  ['SHOW timezone', ['TimeZone'], [['UTC']], 'SHOW'],
  ['EXPLAIN (COSTS OFF) SELECT 1', ['QUERY PLAN'], [['Result']], 'EXPLAIN'],
  [
    "SELECT ':x', $$ :y $$, '{1,2,3}'::int[]",
    ['?column?', '?column?', 'int4'],
    [[':x', ' :y ', '{1,2,3}']],
    'SELECT 1',
  ],
  [
    'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) TABLE n',
    ['i'],
    [['1'], ['2'], ['3']],
    'SELECT 3',
  ],
])('runs %s', async (sql, columns, rows, tag) => {
  const result = await lab.run(sql)

  expect(result.statements[0]?.error).toBeUndefined()
  expect(result.statements[0]).toMatchObject({ columns, rows, tag })
})

test('changes data, with and without rows to return', async () => {
  const result = await lab.run(`
    CREATE TABLE pets (id int PRIMARY KEY, name text, age interval);
    INSERT INTO pets VALUES (1, 'Rex', '3 years'), (2, 'Tom', NULL);
    INSERT INTO pets VALUES (3, 'Kit', '1 day') RETURNING id, age;
    UPDATE pets SET name = upper(name) WHERE id < 3 RETURNING *;
    MERGE INTO pets p USING (VALUES (3, 'Kat'), (4, 'New')) AS v(id, name) ON p.id = v.id
      WHEN MATCHED THEN UPDATE SET name = v.name WHEN NOT MATCHED THEN INSERT VALUES (v.id, v.name)
      RETURNING merge_action(), p.id;
    WITH gone AS (DELETE FROM pets WHERE id = 4 RETURNING name) SELECT name FROM gone;
    DELETE FROM pets WHERE id > 100 RETURNING id;
    SELECT count(*) FROM pets;
    TRUNCATE pets;
    DROP TABLE pets`)

  expect(result.statements.filter((statement) => statement.error)).toEqual([])
  expect(result.statements.map((statement) => statement.tag)).toEqual([
    'CREATE TABLE',
    'INSERT 0 2',
    'INSERT 0 1',
    'UPDATE 2',
    'MERGE 2',
    'SELECT 1',
    'DELETE 0',
    'SELECT 1',
    'TRUNCATE TABLE',
    'DROP TABLE',
  ])
  expect(result.statements[2]).toMatchObject({
    columns: ['id', 'age'],
    types: ['int4', 'interval'],
    rows: [['3', '1 day']],
  })
  expect(result.statements[4]?.rows).toEqual([
    ['UPDATE', '3'],
    ['INSERT', '4'],
  ])
  expect(result.statements[5]?.rows).toEqual([['New']])
  expect(result.statements[6]).toMatchObject({ columns: ['id'], rows: [] })
})

test('runs what no cursor takes: DO, CALL, CREATE TABLE AS, SELECT INTO, REFRESH', async () => {
  const result = await lab.run(`
    DO $$ BEGIN PERFORM 1; END $$;
    CREATE PROCEDURE double(INOUT n int) LANGUAGE plpgsql AS $$ BEGIN n := n * 2; END $$;
    CALL double(21);
    CREATE PROCEDURE quiet() LANGUAGE sql AS 'SELECT 1';
    CALL quiet();
    CREATE TABLE copies AS SELECT generate_series(1, 3) AS n;
    SELECT n, 'into é' AS note INTO /* here */ other FROM copies WHERE n > 1;
    SELECT * FROM other ORDER BY n;
    CREATE MATERIALIZED VIEW seen AS SELECT count(*) FROM copies;
    REFRESH MATERIALIZED VIEW seen;
    CREATE VIEW both_tables AS SELECT n FROM copies UNION ALL SELECT n FROM other;
    CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql AS 'SELECT n * 2';
    SELECT sum(twice(n)) FROM both_tables;
    ALTER TABLE copies RENAME TO kept;
    COMMENT ON TABLE kept IS 'mine'`)

  expect(result.statements.filter((statement) => statement.error)).toEqual([])
  expect(result.statements.map((statement) => statement.tag)).toEqual([
    'DO',
    'CREATE PROCEDURE',
    'CALL',
    'CREATE PROCEDURE',
    'CALL',
    'SELECT 3',
    'SELECT 2',
    'SELECT 2',
    'SELECT 1',
    'REFRESH MATERIALIZED VIEW',
    'CREATE VIEW',
    'CREATE FUNCTION',
    'SELECT 1',
    'ALTER TABLE',
    'COMMENT',
  ])
  expect(result.statements[2]).toMatchObject({ columns: ['n'], rows: [['42']] })
  expect(result.statements[7]?.rows).toEqual([
    ['2', 'into é'],
    ['3', 'into é'],
  ])
  expect(result.statements[12]?.rows).toEqual([['22']])
})

test.each([
  ['SELECT nix FROM pg_class', '42703', 8],
  ["/* é😀 */ SELECT 'é😀'; SELECT '😀', nix", '42703', 35],
  ['SELECT 1 AS a INTO t1 FROM nix', '42P01', 28],
  ['SELECT 1/0', '22012', undefined],
  ['INSERT INTO nix VALUES (1) RETURNING *', '42P01', 13],
  ['SET timezone TO nix', '22023', undefined],
])('shows where %s is wrong', async (sql, sqlstate, position) => {
  const result = await lab.run(sql)

  const error = result.statements.at(-1)?.error
  expect(error?.sqlstate).toBe(sqlstate)
  expect(error?.position).toBe(position)
  expect(result.state).toBe('failed')
})

test('runs nothing of a text with a syntax error', async () => {
  const sql = 'CREATE TABLE never (n int); SELECT 1;\n SELEC 2; SELECT 3'

  const result = await lab.run(sql)
  const after = await lab.run("SELECT to_regclass('never')")

  expect(result.messages.map((message) => message.type)).toEqual(['error', 'done'])
  expect(result.statements[0]?.statement).toBe(2)
  expect(result.statements[0]?.error).toMatchObject({
    code: 'sql/syntax',
    sqlstate: '42601',
    position: sql.indexOf('SELEC 2') + 1,
  })
  expect(after.statements[0]?.rows).toEqual([[null]])
})

test('goes on after an error only when asked to', async () => {
  const sql = 'SELECT 1/0; SELECT 2'

  const stopped = await lab.run(sql)
  const continued = await lab.run(sql, { stopOnError: false })

  expect(stopped.statements).toHaveLength(1)
  expect(continued.statements[1]?.rows).toEqual([['2']])
  expect([stopped.state, continued.state]).toEqual(['failed', 'failed'])
})

test('an empty text succeeds', async () => {
  const results = [await lab.run(''), await lab.run(' -- nothing\n ;; ')]

  expect(results.map((result) => result.messages.map((message) => message.type))).toEqual([
    ['accepted', 'done'],
    ['accepted', 'done'],
  ])
})
