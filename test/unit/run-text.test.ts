import { expect, test } from 'vitest'
import { baseTag } from '#operations/statement/command-tag.ts'
import { readText } from '#operations/statement/read-text.ts'
import { parseRecords } from '#operations/statement/record-text.ts'
import { scanTokens } from '#operations/statement/scan-tokens.ts'
import { intoClause, spliceSelectInto } from '#operations/statement/select-into.ts'
import { splitStatements } from '#operations/statement/split-statements.ts'

const statementsOf = async (sql: string) => {
  const split = await splitStatements(sql)
  if (split.kind === 'error') throw split.error
  return split.statements
}

test('cuts a text where PostgreSQL does, in units of JavaScript and in characters', async () => {
  const sql = "-- é;\nselect 'é😀;'; /* 😀 ; /* nested; */ */ select $x$ ; $x$ -- tail\n;;\nbegin"

  const statements = await statementsOf(sql)

  expect(statements.map(({ text }) => text)).toEqual(["select 'é😀;'", 'select $x$ ; $x$ -- tail', 'begin'])
  expect(statements.map(({ start, end }) => sql.slice(start, end))).toEqual(
    statements.map(({ text }) => text),
  )
  expect(statements.map(({ charactersBefore }) => [...sql][charactersBefore])).toEqual(['s', 's', 'b'])
  expect(statements.map(({ keyword }) => keyword)).toEqual(['SELECT', 'SELECT', 'BEGIN'])
})

test.each([
  ['', []],
  [' \n', []],
  ['-- only words', []],
  [';;;', []],
  ['BEGIN; SELECT 1; COMMIT', ['begin', 'select', 'commit']],
  ['CREATE TABLE t (n int)', ['create table']],
])('summarises %j', async (sql, kinds) => {
  const reading = await readText(sql)

  expect(reading.kind === 'statements' && reading.summaries.map(({ kind }) => kind)).toEqual(kinds)
})

test.each([
  ['SELECT 1; SELECT 2; SELEC 3; SELECT 4', 2, 21],
  ["SELECT '😀;'; SELEC 1", 1, 14],
  ['SELECT (1', 0, 10],
  ["SELECT 'open", 0, 8],
  ['SELECT 1; \\d', 1, 11],
  ['SELECT 1; BEGIN; SELECT 2', 1, 11],
  ['SELECT 1; SELECT \0 2', 1, 18],
])('finds what is wrong with %j', async (sql, statement, position) => {
  const reading = await readText(sql)

  expect(reading).toMatchObject({ kind: 'error', statement, error: { position } })
})

test('refuses what is nested too deeply, and goes on reading', async () => {
  const sql = `SELECT ${'1 || '.repeat(100_000)} 1`

  const reading = await readText(sql)
  const after = await readText('SELECT 1')

  expect(reading).toMatchObject({ kind: 'error', error: { code: 'sql/syntax' } })
  expect(after.kind).toBe('statements')
})

test.each([
  ['CREATE OR REPLACE VIEW v AS SELECT 1', 'CREATE VIEW'],
  ['CREATE UNIQUE INDEX i ON t (n)', 'CREATE INDEX'],
  ['CREATE MATERIALIZED VIEW v AS SELECT 1', 'SELECT'],
  ['CREATE MATERIALIZED VIEW v AS SELECT 1 WITH NO DATA', 'CREATE MATERIALIZED VIEW'],
  ['CREATE TABLE t AS SELECT 1 WITH NO DATA', 'CREATE TABLE AS'],
  ['CREATE TYPE mood AS ENUM ()', 'CREATE TYPE'],
  ['CREATE TYPE pair AS (a int)', 'CREATE TYPE'],
  ['CREATE DOMAIN d AS int', 'CREATE DOMAIN'],
  ['CREATE AGGREGATE a (int) (sfunc = int4pl, stype = int)', 'CREATE AGGREGATE'],
  ['CREATE PROCEDURE p() LANGUAGE sql AS $$$$', 'CREATE PROCEDURE'],
  ['CREATE TRIGGER t BEFORE INSERT ON x EXECUTE FUNCTION f()', 'CREATE TRIGGER'],
  ['CREATE STATISTICS s ON a, b FROM t', 'CREATE STATISTICS'],
  ['CREATE SCHEMA s', 'CREATE SCHEMA'],
  ['DROP MATERIALIZED VIEW v', 'DROP MATERIALIZED VIEW'],
  ['DROP FUNCTION f', 'DROP FUNCTION'],
  ['ALTER TABLE t ADD n int', 'ALTER TABLE'],
  ['ALTER VIEW v RENAME TO w', 'ALTER VIEW'],
  ['ALTER TABLE t RENAME a TO b', 'ALTER TABLE'],
  ['ALTER SEQUENCE s RESTART', 'ALTER SEQUENCE'],
  ["ALTER TYPE t ADD VALUE 'x'", 'ALTER TYPE'],
  ['REVOKE SELECT ON t FROM x', 'REVOKE'],
  ['DEALLOCATE ALL', 'DEALLOCATE'],
  ['START TRANSACTION', 'START TRANSACTION'],
  ['ROLLBACK TO s', 'ROLLBACK TO'],
  ['RESET ALL', 'RESET'],
  ['ANALYZE', 'ANALYZE'],
])('knows the tag of %s', async (sql, tag) => {
  const [statement] = await statementsOf(sql)

  expect(statement && baseTag(statement.node)).toBe(tag)
})

test.each([
  ['SELECT 1 AS n INTO t FROM x', 'CREATE TABLE t AS SELECT 1 AS n        FROM x'],
  [
    'SELECT 1 INTO TEMP TABLE "a b" -- why',
    'CREATE TEMPORARY TABLE "a b" AS SELECT 1                       -- why',
  ],
  [
    'WITH i AS (SELECT 1) SELECT * INTO UNLOGGED s.t FROM i',
    'CREATE UNLOGGED TABLE s.t AS WITH i AS (SELECT 1) SELECT *                   FROM i',
  ],
  [
    "SELECT 'into é' INTO /* x */ t UNION SELECT 'b'",
    "CREATE TABLE t AS SELECT 'into é'                UNION SELECT 'b'",
  ],
])('splices %s', async (sql, expected) => {
  const [statement] = await statementsOf(sql)
  const relation = statement && intoClause(statement.node)?.rel
  const nameOffset = Buffer.from(sql).subarray(0, relation?.location).toString().length

  const spliced = spliceSelectInto(sql, nameOffset, relation?.relpersistence ?? 'p')

  expect(spliced.text).toBe(expected)
  expect([...spliced.text].length - spliced.prefixLength).toBe([...sql].length)
})

test('scans strings, identifiers and comments as PostgreSQL does', () => {
  const sql = `E'a\\'b' 'c''d' "e""f" U&'g' $h$ ' $h$ -- i\n /* j /* k */ */ l$1 $2 e'x'`

  expect([...scanTokens(sql)].map(({ text }) => text)).toEqual([
    "E'a\\'b'",
    "'c''d'",
    '"e""f"',
    'U',
    '&',
    "'g'",
    "$h$ ' $h$",
    'l$1',
    '$',
    '2',
    "e'x'",
  ])
})

test('takes records apart, and keeps one that is not complete', () => {
  const text = '(1,"x, ""y""",,"")(a b,"\\\\d","(n)")("cut, '

  expect(parseRecords(text, 4)).toEqual({
    rows: [
      ['1', 'x, "y"', null, ''],
      ['a b', '\\d', '(n)'],
    ],
    rest: '("cut, ',
  })
  expect(parseRecords('()()', 1).rows).toEqual([[null], [null]])
  expect(parseRecords('()()', 0).rows).toEqual([[], []])
  expect(parseRecords('("a"', 1)).toEqual({ rows: [], rest: '("a"' })
})
