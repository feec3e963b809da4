/** Forgetting beside open transactions and planners: it waits for none of them for long, and it is all or nothing. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LiveHost, startLiveHost } from '../support/live-host.ts'

let host: LiveHost
let openBesideUntag: number | undefined

beforeAll(async () => {
  host = await startLiveHost({
    wrapCloud: (cloud) => ({
      ...cloud,
      api: (...given) => {
        const api = cloud.api(...given)
        return {
          ...api,
          send: async (command, input) => {
            if (command.name === 'DeleteTagsCommand') openBesideUntag = await openTransactions()
            return await api.send(command, input)
          },
        }
      },
    }),
  })
  await host.client.run("SELECT * FROM iasql_install('aws_vpc', 'aws_sqs')")
})
afterAll(() => host?.stop())

/** Of the tenant's logins; whoever has a transaction open holds its id. */
const openTransactions = async (): Promise<number> => {
  const [row] = await host.database.platform.query<{ n: number }>(
    `SELECT count(*) AS n FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a USING (pid)
     WHERE l.locktype = 'virtualxid' AND a.datname = current_database() AND a.usename <> current_user`,
  )
  return row?.n ?? 0
}
const rowsOf = async (sql: string) => {
  const { statements } = await host.client.run(sql)
  for (const { error } of statements) if (error) throw new Error(`${error.sqlstate} ${error.message}`)
  return statements.map(({ rows }) => rows)
}
const makeQueues = (names: readonly string[]) =>
  rowsOf(
    `INSERT INTO queue (name) VALUES ${names.map((name) => `('${name}')`).join(', ')}; SELECT count(*) FROM iasql_apply()`,
  )

test('no transaction of the tenant’s is open while the cloud is called', async () => {
  await rowsOf(`INSERT INTO vpc (cidr_block) VALUES ('10.90.0.0/16'); SELECT count(*) FROM iasql_apply()`)

  await rowsOf(
    `SELECT f.id FROM vpc v, LATERAL iasql_forget('vpc', v.id) f WHERE v.cidr_block = '10.90.0.0/16'`,
  )

  expect(openBesideUntag).toBe(0)
})

test('of several rows that one statement forgets, all go or none', async () => {
  await makeQueues(['free', 'locked'])
  const [tenant] = await host.database.platform.query<{ schema: string }>(
    `SELECT nspname AS schema FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid
     WHERE c.relname = 'queue'`,
  )

  const { statements } = await host.database.platform.transaction(async (transaction) => {
    await transaction.query(`SELECT id FROM ${tenant?.schema}.queue WHERE name = 'locked' FOR UPDATE`)
    return await host.client.run(
      `SELECT q.name FROM queue q, LATERAL iasql_forget('queue', q.id) WHERE q.name IN ('free', 'locked') ORDER BY 1`,
    )
  })

  expect(statements[0]?.error).toMatchObject({ sqlstate: '55P03' })
  expect(await rowsOf("SELECT count(*) FROM queue WHERE name IN ('free', 'locked')")).toEqual([[['2']]])
})

test('a statement that writes is refused, and neither its writes nor the forgetting count', async () => {
  await makeQueues(['written'])

  const { statements } = await host.client.run(
    "CREATE TABLE gone AS SELECT * FROM iasql_forget('queue', find_queue('written'))",
  )

  expect(statements[0]?.error).toMatchObject({
    message: 'iasql_forget() cannot be called by a statement that writes',
  })
  expect(
    await rowsOf("SELECT count(*) FROM queue WHERE name = 'written'; SELECT to_regclass('gone') IS NULL"),
  ).toEqual([[['1']], [['t']]])
})
