/** Secrets in the history: that one was set is told, what it is never. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LiveHost, startLiveHost } from '#test/support/live-host.ts'

const canary = 'canary-5d1f'
let host: LiveHost

beforeAll(async () => {
  host = await startLiveHost()
  await rows("SELECT * FROM iasql_install('aws_secrets_manager')")
})
afterAll(async () => {
  await host.stop()
})

async function rows(sql: string): Promise<readonly (readonly (string | null)[])[]> {
  const { statements } = await host.client.run(sql)
  const failed = statements.find(({ error }) => error)
  if (failed) throw new Error(failed.error?.message)
  return statements.at(-1)?.rows ?? []
}

test('neither log nor statements nor reviews hold a secret or its marker’s meaning', async () => {
  await rows(`INSERT INTO secret (name, value) VALUES ('told', '${canary}')`)
  const review = await rows('SELECT markdown FROM iasql_create_review()')
  await rows('SELECT * FROM iasql_apply()')
  await rows(`UPDATE secret SET value = '${canary}-2' WHERE name = 'told'`)
  await rows(`UPDATE secret SET value = '${canary}-3', description = 'newer' WHERE name = 'told'`)

  const statements = await rows('SELECT sql FROM iasql_get_sql_since()')
  const log = await rows('SELECT * FROM iasql_audit_log')

  const where = "WHERE name = 'told' AND region = 'us-east-1'"
  expect(statements.map(([sql]) => sql)).toEqual([
    "INSERT INTO secret (name, region) /* give value: a secret is not kept */ VALUES ('told', 'us-east-1');",
    `-- UPDATE secret SET … ${where}; give value: a secret is not kept`,
    `UPDATE secret SET description = 'newer' /* give value: a secret is not kept */ ${where};`,
  ])
  expect(JSON.stringify([review, statements, log])).not.toContain(canary)
  expect(JSON.stringify([review, statements])).not.toMatch(/secret:\d/)
})

test('a statement that is only a comment can be sent', async () => {
  const { state } = await host.client.run('-- UPDATE secret SET … ; give value: a secret is not kept')

  expect(state).toBe('succeeded')
})
