import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { IasqlError } from '#engine/model/error.ts'
import type { Row } from '#engine/model/json.ts'
import { storeRpcResult } from '#operations/rpc/results.ts'
import { openRunLab, type RunLab, type ScriptedRpc } from '../support/run-lab.ts'

let lab: RunLab

const rpc = (name: string, change: Partial<ScriptedRpc>): ScriptedRpc => ({
  name,
  module: 'test',
  kind: 'read',
  role: 'viewer',
  arguments: [{ name: 'word', type: 'text', default: "'none'" }],
  columns: [
    { name: 'place', type: 'int' },
    { name: 'word', type: 'text' },
    { name: 'tags', type: 'text[]' },
    { name: 'document', type: 'jsonb' },
  ],
  description: `It's ${name}.`,
  sampleUsage: `SELECT * FROM ${name}()`,
  answer: (_ports, { arguments: [word = null] }) => ({
    kind: 'rows',
    rows: [1, 2].map((place) => ({ place, word, tags: ['a', 'b c'], document: { n: place } }) satisfies Row),
  }),
  ...change,
})

beforeAll(async () => {
  lab = await openRunLab()
  await lab.offer(rpc('look', {}))
  await lab.offer(rpc('engine_work', { kind: 'engine', role: 'operator' }))
  await lab.offer(rpc('reboot', { kind: 'action' }))
  await lab.offer(
    rpc('word_of', {
      scalar: 'text',
      columns: [],
      answer: (_ports, call) => ({ kind: 'rows', rows: [{ value: `${call.arguments[0]}!` }] }),
    }),
  )
  await lab.offer(
    rpc('several', {
      arguments: [{ name: 'words', type: 'text[]', variadic: true }],
      answer: (_ports, call) => ({
        kind: 'rows',
        rows: (call.arguments[0] as string[]).map((word, place) => ({ place, word })),
      }),
    }),
  )
  await lab.offer(
    rpc('denied', {
      kind: 'engine',
      answer: () => {
        throw new IasqlError('apply/changes-failed', '1 of 2 changes failed', {
          detail: 'queue jobs: denied',
          awsRequestId: 'req-1',
        })
      },
    }),
  )
  await lab.offer(
    rpc('spoken', { answer: () => ({ kind: 'rows', rows: [], notices: ['aws_sqs is installed already'] }) }),
  )
  await lab.offer(
    rpc('lasting', {
      kind: 'engine',
      answer: async ({ platform }, call) => {
        await storeRpcResult(platform, lab.tenant, { ...call, rows: [{ place: 7, word: 'done' }] })
        return { kind: 'execution', executionId: '41' }
      },
    }),
  )
  await lab.run(`CREATE TABLE words (word text, n int); INSERT INTO words VALUES ('x', 1), ('y', 2);
    CREATE TABLE log (entry text)`)
})

beforeEach(() => {
  lab.calls.length = 0
})

afterAll(async () => {
  await lab?.close()
})

const names = () => lab.calls.map((call) => `${call.name}(${call.arguments.join()})`)

test.each([
  [
    'FROM',
    "SELECT place, word FROM look('x')",
    [
      ['1', 'x'],
      ['2', 'x'],
    ],
    ['look(x)'],
  ],
  ['default argument', 'SELECT word FROM look() LIMIT 1', [['none']], ['look(none)']],
  [
    'named argument',
    "SELECT count(*) FROM several(VARIADIC words => ARRAY['p', 'q'])",
    [['2']],
    ['several(p,q)'],
  ],
  [
    'variadic',
    "SELECT word, place FROM several('p', 'q')",
    [
      ['p', '0'],
      ['q', '1'],
    ],
    ['several(p,q)'],
  ],
  [
    'target list',
    "SELECT word_of('x'), (look('y')).tags",
    [
      ['x!', '{a,"b c"}'],
      ['x!', '{a,"b c"}'],
    ],
    ['word_of(x)', 'look(y)'],
  ],
  ['twice the same call', "SELECT word_of('x') || word_of('x')", [['x!x!']], ['word_of(x)']],
  [
    'join',
    "SELECT w.n, l.document FROM words w JOIN look('x') l ON l.place = w.n AND l.word = w.word",
    [['1', '{"n": 1}']],
    ['look(x)'],
  ],
  [
    'LATERAL',
    'SELECT w.word, l.place FROM words w, LATERAL look(w.word) l WHERE l.place = 2 ORDER BY 1',
    [
      ['x', '2'],
      ['y', '2'],
    ],
    ['look(x)', 'look(y)'],
  ],
  ['CTE', "WITH l AS (SELECT * FROM look('x')) SELECT count(*) FROM l", [['2']], ['look(x)']],
  [
    'with effects',
    "SELECT place FROM engine_work('e') ORDER BY place DESC",
    [['2'], ['1']],
    ['engine_work(e)'],
  ],
  [
    'action in WHERE',
    "SELECT n FROM words WHERE n IN (SELECT place FROM reboot('i-1'))",
    [['1'], ['2']],
    ['reboot(i-1)'],
  ],
])('answers a call in %s', async (_form, sql, rows, calls) => {
  const result = await lab.run(sql)

  expect(result.statements[0]?.error).toBeUndefined()
  expect(result.statements[0]?.rows).toEqual(rows)
  expect(names().sort()).toEqual(calls.sort())
})

test.each([
  ['view', "CREATE VIEW looked AS SELECT * FROM look('v')", 'SELECT count(*) FROM looked', ['look(v)']],
  [
    'SQL function',
    "CREATE FUNCTION via_sql() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM reboot('s') $$",
    'SELECT via_sql()',
    ['reboot(s)'],
  ],
  [
    'PL/pgSQL function',
    "CREATE FUNCTION via_plpgsql() RETURNS int LANGUAGE plpgsql AS $$ DECLARE n int; BEGIN BEGIN SELECT count(*) INTO n FROM engine_work('p'); EXCEPTION WHEN OTHERS THEN n := -1; END; RETURN n; END $$",
    'SELECT via_plpgsql()',
    ['engine_work(p)'],
  ],
])('answers a call in a %s', async (_form, made, sql, calls) => {
  const creation = await lab.run(made)
  const before = names()
  const result = await lab.run(sql)

  expect(creation.state).toBe('succeeded')
  expect(before).toEqual([])
  expect(result.statements[0]?.rows).toEqual([['2']])
  expect(names()).toEqual(calls)
})

test.each([
  ['INSERT … SELECT', "INSERT INTO log SELECT word FROM engine_work('i')", 'INSERT 0 2', ['engine_work(i)']],
  [
    'INSERT … RETURNING',
    "INSERT INTO log VALUES (word_of('r')) RETURNING entry",
    'INSERT 0 1',
    ['word_of(r)'],
  ],
  ['CREATE TABLE AS', "CREATE TABLE made1 AS SELECT * FROM engine_work('c')", 'SELECT 2', ['engine_work(c)']],
  ['SELECT INTO', "SELECT * INTO made2 FROM engine_work('d')", 'SELECT 2', ['engine_work(d)']],
  [
    'CREATE MATERIALIZED VIEW',
    "CREATE MATERIALIZED VIEW made3 AS SELECT * FROM engine_work('m')",
    'SELECT 2',
    ['engine_work(m)'],
  ],
  ['REFRESH', 'REFRESH MATERIALIZED VIEW made3', 'REFRESH MATERIALIZED VIEW', ['engine_work(m)']],
  [
    'UPDATE',
    "UPDATE words SET n = n + place FROM look('x') l WHERE l.word = words.word AND place = 1",
    'UPDATE 1',
    ['look(x)'],
  ],
  [
    'DO',
    "DO $$ BEGIN PERFORM * FROM reboot('d'); INSERT INTO log VALUES ('done'); END $$",
    'DO',
    ['reboot(d)'],
  ],
])('answers a call in %s, once', async (_form, sql, tag, calls) => {
  const result = await lab.run(sql)

  expect(result.statements[0]?.error).toBeUndefined()
  expect(result.statements[0]?.tag).toBe(tag)
  expect(names()).toEqual(calls)
})

test.each([
  "EXPLAIN SELECT * FROM engine_work('never')",
  "SELECT * FROM engine_work('never') LIMIT 0",
  "SELECT CASE WHEN false THEN word_of('never') ELSE 'kept' END",
  "SELECT * FROM engine_work('never') WHERE false",
  "SELECT coalesce('kept', word_of('never'))",
])('does not run what PostgreSQL does not evaluate: %s', async (sql) => {
  const result = await lab.run(sql)

  expect(result.state).toBe('succeeded')
  expect(names()).toEqual([])
})

test('a trigger may read, and nothing else', async () => {
  const result = await lab.run(
    `CREATE TABLE watched (entry text);
    CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.entry := word_of(NEW.entry); RETURN NEW; END $$;
    CREATE TRIGGER fill BEFORE INSERT ON watched FOR EACH ROW EXECUTE FUNCTION fill();
    INSERT INTO watched VALUES ('t') RETURNING entry;
    CREATE FUNCTION work() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM engine_work('t'); RETURN NEW; END $$;
    CREATE TRIGGER work BEFORE INSERT ON watched FOR EACH ROW EXECUTE FUNCTION work();
    INSERT INTO watched VALUES ('u')`,
  )

  expect(result.statements[3]?.rows).toEqual([['t!']])
  expect(result.statements[6]?.error).toMatchObject({
    sqlstate: '25001',
    message: 'engine_work() cannot run in a trigger',
  })
  expect(names()).toEqual(['word_of(t)', 'word_of(u)'])
})

test.each([
  [
    'after writes',
    "DO $$ BEGIN INSERT INTO log VALUES ('w'); PERFORM * FROM engine_work('w'); END $$",
    '25001',
    'its own statement',
    [],
  ],
  ['inside BEGIN … COMMIT', "BEGIN; SELECT * FROM look('b'); COMMIT", '25001', 'outside BEGIN', []],
  [
    'by a prepared statement',
    "BEGIN; PREPARE p AS SELECT * FROM look('b'); EXECUTE p; COMMIT",
    '25001',
    'outside BEGIN',
    [],
  ],
  [
    'with two effects',
    "SELECT * FROM engine_work('1'), reboot('2')",
    '0A000',
    'own statement',
    ['engine_work(1)'],
  ],
  [
    'with effects and arguments that change',
    'SELECT * FROM engine_work(random()::text)',
    '0A000',
    'differ each time',
    1,
  ],
  [
    'that reads with ever new arguments',
    'SELECT * FROM look(random()::text)',
    '22023',
    'Compute the arguments',
    100,
  ],
  [
    'with a forged context',
    "DO $$ BEGIN PERFORM set_config('iasql.context', gen_random_uuid()::text, true); PERFORM look('f'); END $$",
    '22023',
    'Compute',
    1,
  ],
  [
    'that is not there',
    'DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = \'P0004\', MESSAGE = \'IASQL_RPC {"name":"nix","arguments":[]}\'; END $$',
    '0A000',
    'docs/sql.md',
    [],
  ],
])('refuses a call %s', async (_what, sql, sqlstate, hint, calls) => {
  const result = await lab.run(sql)

  const error = result.statements.find((statement) => statement.error)?.error
  expect(error?.sqlstate).toBe(sqlstate)
  expect(error?.hint).toContain(hint)
  if (typeof calls === 'number') expect(names()).toHaveLength(calls)
  else expect(names()).toEqual(calls)
})

test('an error of a function is an SQL error with all that is known of it', async () => {
  const result = await lab.run("SELECT * FROM denied('x')")

  expect(result.statements[0]?.error).toMatchObject({
    code: 'apply/changes-failed',
    sqlstate: 'IQ001',
    message: '1 of 2 changes failed',
    detail: 'queue jobs: denied',
    awsRequestId: 'req-1',
  })
})

test('says what stays when a statement fails after its function ran', async () => {
  const result = await lab.run("SELECT 1 / (place - 1) FROM engine_work('z')")

  expect(result.statements[0]?.error?.sqlstate).toBe('22012')
  expect(result.statements[0]?.error?.detail).toContain('engine_work ran before the statement failed')
})

test('voids rows that were sent before a function asked for its result', async () => {
  const result = await lab.run(
    "SELECT n, repeat('x', 60), CASE WHEN n = 30000 THEN word_of('late') END FROM generate_series(1, 30000) n",
  )

  expect(result.messages.filter((message) => message.type === 'reset')).toHaveLength(1)
  expect(result.statements[0]?.rows).toHaveLength(30_000)
  expect(result.statements[0]?.rows.at(-1)).toEqual(['30000', 'x'.repeat(60), 'late!'])
})

test('hands the run over while an execution works, and goes on with the same statement', async () => {
  lab.steps.length = 0

  const result = await lab.run("SELECT place, word FROM lasting('l'); SELECT * FROM spoken()")

  expect(lab.steps).toEqual([{ next: 'execution', executionId: '41' }, { next: 'done' }])
  expect(result.statements[0]?.rows).toEqual([['7', 'done']])
  expect(result.statements[1]?.notices).toEqual(['aws_sqs is installed already'])
  expect(names()).toEqual(['lasting(l)', 'spoken(none)'])
})

test('keeps no results of statements that are over', async () => {
  await lab.run("SELECT * FROM look('k')")

  const rows = await lab.db.platform.query(
    `SELECT 1 AS one FROM ${lab.tenant.schema}.iasql_rpc_result WHERE arguments = '["k"]'`,
  )

  expect(rows).toEqual([])
})
