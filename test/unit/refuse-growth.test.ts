import { expect, test } from 'vitest'
import { grows } from '#operations/run/refuse-growth.ts'
import { splitStatements } from '#operations/statement/split-statements.ts'

const verdict = async (sql: string): Promise<boolean> => {
  const split = await splitStatements(sql)
  if (split.kind === 'error' || !split.statements[0]) throw new Error(`${sql} could not be read`)
  return grows(split.statements[0].node)
}

test.each([
  "INSERT INTO t VALUES ('x')",
  "UPDATE t SET a = 'x'",
  'MERGE INTO t USING s ON t.id = s.id WHEN NOT MATCHED THEN INSERT VALUES (s.id)',
  'CREATE TABLE t (n int)',
  'CREATE TABLE t AS SELECT 1',
  'CREATE MATERIALIZED VIEW v AS SELECT 1',
  'REFRESH MATERIALIZED VIEW v',
  'CREATE INDEX i ON t (n)',
  'SELECT 1 INTO t',
  'WITH w AS (INSERT INTO t VALUES (1) RETURNING n) SELECT * FROM w',
  'EXPLAIN ANALYZE INSERT INTO t VALUES (1)',
  'DO $$ BEGIN END $$',
  'CALL p()',
  'EXECUTE prepared',
])('%s takes room', async (sql) => {
  expect(await verdict(sql)).toBe(true)
})

test.each([
  'SELECT * FROM t',
  'WITH w AS (DELETE FROM t RETURNING n) SELECT * FROM w',
  'DELETE FROM t',
  'TRUNCATE t',
  'DROP TABLE t',
  'ALTER TABLE t DROP COLUMN a',
  'EXPLAIN SELECT 1',
  'BEGIN',
  'SET timezone = UTC',
])('%s does not', async (sql) => {
  expect(await verdict(sql)).toBe(false)
})
