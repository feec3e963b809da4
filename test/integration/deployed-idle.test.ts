/** The Data API ends a transaction that idles for three minutes: a user's is refused whole, an iasql one is done again. */
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import type { DataApi, ExecuteRequest } from '#postgres/data-api.ts'
import { type LiveHost, startLiveHost } from '../support/live-host.ts'

let host: LiveHost

afterEach(() => host?.stop())

const limits = { idleTransactionMs: 3_000 }

/** The first request within a transaction that `isNext` picks is made when the transaction has idled for too long. */
const idlingAt = (isNext: (request: ExecuteRequest) => boolean) => {
  let isDone = false
  return (dataApi: DataApi): DataApi => ({
    execute: async (request) => {
      if (!isDone && request.transactionId !== undefined && isNext(request)) {
        isDone = true
        await delay(2 * limits.idleTransactionMs)
      }
      return await dataApi.execute(request)
    },
    begin: (login) => dataApi.begin(login),
    commit: (login, id) => dataApi.commit(login, id),
    rollback: (login, id) => dataApi.rollback(login, id),
  })
}

test("a user's transaction that idled for too long ends with a clear error, and nothing of it stays", async () => {
  const wrapDataApi = idlingAt(({ parameters }) => JSON.stringify(parameters ?? '').includes('idled'))
  host = await startLiveHost({ limits, wrapDataApi })
  await host.client.run('CREATE TABLE marks (n int)')

  const cut = await host.client.run("BEGIN; INSERT INTO marks VALUES (1); SELECT 'idled'; COMMIT")
  const after = await host.client.run('SELECT count(*) FROM marks')

  expect(cut.statements.find(({ error }) => error)?.error).toMatchObject({
    code: 'sql/timeout',
    hint: expect.stringContaining('3 minutes'),
  })
  expect(after.statements[0]?.rows).toEqual([['0']])
})

test('an apply one of whose transactions idled for too long does that again, and nothing twice', async () => {
  let isArmed = false
  const wrapDataApi = idlingAt(({ sql }) => isArmed && /iasql_execution_record/.test(sql))
  host = await startLiveHost({ limits, wrapDataApi, log: () => undefined })
  await host.client.run("SELECT * FROM iasql_install('aws_sqs'); INSERT INTO queue (name) VALUES ('jobs')")
  isArmed = true

  const { statements } = await host.client.run(
    'SELECT action FROM iasql_apply(); SELECT count(*) FROM iasql_preview()',
  )

  expect(statements.map(({ rows }) => rows)).toEqual([[['create']], [['0']]])
  expect(host.calls.filter(({ operation }) => operation === 'CreateQueue')).toHaveLength(1)
})
