/** An error is told of when the statement is over: PostgreSQL sends it while all that the statement held is still held. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { DataApi, Login } from '#postgres/data-api.ts'
import { type InProcessDataApi, inProcessDataApi } from '#postgres/in-process-data-api.ts'
import { failing } from '#test/support/data-api-adapters.ts'
import { openTestDatabase, type TestDatabase } from '#test/support/database.ts'
import { type GatedPostgres, openGatedPostgres } from '#test/support/gated-postgres.ts'

const login: Login = { secret: 'iasql/platform', database: 'local' }

let database: TestDatabase
let postgres: GatedPostgres
let dataApi: InProcessDataApi

beforeEach(async () => {
  database = await openTestDatabase()
  postgres = await openGatedPostgres(database.cluster)
  const { host, port } = postgres
  dataApi = inProcessDataApi({ host, port, secrets: database.secrets })
})
afterEach(async () => {
  postgres.release()
  await dataApi.close()
  await postgres.close()
  await database.close()
})

test.each<[string, (api: DataApi) => Promise<unknown>]>([
  ['a statement by itself', (api) => api.execute({ login, sql: 'SELECT 1/0' })],
  [
    'a statement of a transaction',
    async (api) => api.execute({ login, sql: 'SELECT 1/0', transactionId: await api.begin(login) }),
  ],
  [
    'a commit',
    async (api) => {
      const transactionId = await api.begin(login)
      for (const sql of [
        'CREATE TEMP TABLE twice (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)',
        'INSERT INTO twice VALUES (1), (1)',
      ])
        await api.execute({ login, sql, transactionId })
      await api.commit(login, transactionId)
    },
  ],
])('%s that fails is not answered before the server has let go of what it held', async (_, fail) => {
  let isAnswered = false
  const failure = failing(fail(dataApi)).finally(() => {
    isAnswered = true
  })
  await postgres.errorSent()
  // Time for the answer, would it come: what is sent later is answered first.
  await database.platform.query('SELECT 1')
  const wasAnswered = isAnswered
  postgres.release()

  expect((await failure).fault).toBe('database-error')
  expect(wasAnswered).toBe(false)
})
