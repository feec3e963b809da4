import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openRunLab, type RunLab } from '../support/run-lab.ts'
import { offerScriptedRpcs } from '../support/scripted-rpcs.ts'

let lab: RunLab

beforeAll(async () => {
  lab = await openRunLab()
  await offerScriptedRpcs(lab)
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

test('voids rows that were sent before a function asked for its result', async () => {
  const result = await lab.run(
    "SELECT n, repeat('x', 60), CASE WHEN n = 30000 THEN word_of('late') END FROM generate_series(1, 30000) n",
  )

  expect(result.messages.filter((message) => message.type === 'reset')).toHaveLength(1)
  expect(result.statements[0]?.rows).toHaveLength(30_000)
  expect(result.statements[0]?.rows.at(-1)).toEqual(['30000', 'x'.repeat(60), 'late!'])
})

test('hands the run over while an execution works, and goes on with the same statement', async () => {
  const result = await lab.run("SELECT place, word FROM lasting('l'); SELECT * FROM spoken()")

  // The client is told of the end before the runner has looked for the next run.
  const lastSteps = () => lab.steps.slice(-2)
  await expect.poll(lastSteps).toMatchObject([{ next: 'execution', executionId: '41' }, { next: 'done' }])
  expect(result.statements[0]?.rows).toEqual([['7', 'done']])
  expect(result.statements[1]?.notices).toEqual(['aws_sqs is installed already'])
  expect(names()).toEqual(['lasting(l)', 'spoken(none)'])
})

test('a function with effects is run once, with the arguments of its first call, though they change', async () => {
  const result = await lab.run('SELECT * FROM engine_work(random()::text)')

  expect(result.statements[0]?.error).toBeUndefined()
  expect(lab.calls).toHaveLength(1)
})

test('keeps no results of statements that are over', async () => {
  await lab.run("SELECT * FROM look('k')")

  const rows = await lab.db.platform.query(
    `SELECT 1 AS one FROM ${lab.tenant.schema}.iasql_rpc_result WHERE arguments = '["k"]'`,
  )

  expect(rows).toEqual([])
})
