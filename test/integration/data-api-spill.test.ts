/** What is larger than a request of the Data API reaches the platform's statements all the same. */
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await openTestDatabase()
})
afterAll(async () => {
  await database?.close()
})

/** 5 MB, of which no cut at an even place hits only whole characters. */
const large = `x${'🦉'.repeat(1_250_000)}`
const md5 = (text: string): string => createHash('md5').update(text).digest('hex')

test('a text of 5 MB arrives whole, wherever it stands in the statement', async () => {
  const rows = await database.platform.query(
    `SELECT md5(:large) AS sum, length(:large) AS length, :short AS short, ':large'::text AS quoted`,
    { large, short: 'as ever' },
  )

  expect(rows).toEqual([{ sum: md5(large), length: 1_250_001, short: 'as ever', quoted: ':large' }])
})

test('a document of 5 MB is stored and changed in one transaction, and nothing of it stays beside', async () => {
  const { platform } = database
  await platform.run('CREATE TABLE iasql_platform.kept (body jsonb)')

  await platform.transaction(async (transaction) => {
    await transaction.run('INSERT INTO iasql_platform.kept VALUES (:body)', { body: { text: large } })
    await transaction.run('UPDATE iasql_platform.kept SET body = :body::jsonb', {
      body: JSON.stringify({ text: `${large}!` }),
    })
  })

  expect(await platform.query(`SELECT md5(body->>'text') AS sum FROM iasql_platform.kept`)).toEqual([
    { sum: md5(`${large}!`) },
  ])
  const left = await platform.query(`SELECT 1 AS one FROM pg_class WHERE relname = 'iasql_piece'`)
  expect(left).toEqual([])
})

test('a statement that fails leaves nothing of it', async () => {
  const { platform } = database
  await platform.run('CREATE TABLE iasql_platform.refused (body text CHECK (length(body) < 10))')

  const failing = platform.run('INSERT INTO iasql_platform.refused VALUES (:large)', { large })

  await expect(failing).rejects.toThrow('violates check constraint')
  expect(await platform.query('SELECT 1 AS one FROM iasql_platform.refused')).toEqual([])
})
