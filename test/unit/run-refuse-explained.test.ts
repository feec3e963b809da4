/** EXPLAIN repeats the values of what it explains: also those that a function is given to write into a secret column. */
import { expect, test } from 'vitest'
import type { OpenRun } from '#operations/run/open-run.ts'
import { refuseExplained } from '#operations/run/refuse-explained.ts'
import { splitStatements } from '#operations/statement/split-statements.ts'

const names = [
  { name: 'secret', kind: 'relation' },
  { name: 'set_login', kind: 'function' },
]
const run = { ports: { platform: { query: async () => names } }, tenant: {} } as unknown as OpenRun

async function refusalOf(text: string): Promise<string | undefined> {
  const split = await splitStatements(text)
  if (split.kind === 'error') throw split.error
  const [statement] = split.statements
  if (!statement) throw new Error(`no statement: ${text}`)
  return (await refuseExplained(run, statement))?.code
}

test.each([
  `EXPLAIN (VERBOSE) SELECT set_login('hunter22')`,
  `EXPLAIN (VERBOSE) SELECT * FROM own.set_login('hunter22')`,
  `EXPLAIN (VERBOSE) SELECT U&"set_logi\\006e"('hunter22')`,
  `EXPLAIN (VERBOSE) SELECT write_with('SELECT set_login(''hunter22'')')`,
  `EXPLAIN (VERBOSE) WITH one AS (UPDATE secret SET value = 'hunter22' RETURNING 1) SELECT 1`,
  `EXPLAIN (VERBOSE) INSERT INTO secret (name, value) VALUES ('shop', 'hunter22')`,
])('%s is refused', async (text) => {
  expect(await refusalOf(text)).toBe('sql/unsupported')
})

test.each([
  `EXPLAIN (VERBOSE) SELECT name FROM secret WHERE name = 'shop'`,
  `EXPLAIN SELECT 'set_login'`,
  `EXPLAIN SELECT lower(name) FROM secret`,
  `SELECT set_login('hunter22')`,
])('%s writes no secret that it would show', async (text) => {
  expect(await refusalOf(text)).toBeUndefined()
})
