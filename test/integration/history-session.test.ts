/** History as a user types it: who did what, in which transaction, and the statements of it. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LiveHost, startLiveHost } from '#test/support/live-host.ts'

let host: LiveHost

beforeAll(async () => {
  host = await startLiveHost()
  await rows("SELECT * FROM iasql_install('aws_sqs')")
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
const errorOf = async (sql: string) => (await host.client.run(sql)).statements.at(-1)?.error

test('an edit of its own is a transaction of its own, by whoever made it', async () => {
  await rows("INSERT INTO queue (name) VALUES ('alone')")

  const [row] = await rows(
    `SELECT actor, by_engine, message, transaction_id, "user" = actor FROM iasql_audit_log
     WHERE change #>> '{change,name}' = 'alone'`,
  )

  expect(row?.slice(0, 3)).toEqual(['local', 'f', null])
  expect(row?.[3]).toMatch(/^\d+$/)
  expect(row?.[4]).toBe('f')
  expect(await rows(`SELECT sql FROM iasql_get_sql_for_transaction('${row?.[3]}')`)).toEqual([
    ["INSERT INTO queue (name, region) VALUES ('alone', 'us-east-1');"],
  ])
})

test('edits between begin and commit are one transaction, with the message of the commit', async () => {
  const [begun] = await rows('SELECT transaction_id FROM iasql_begin()')
  await rows("INSERT INTO queue (name) VALUES ('begun')")
  await rows("UPDATE queue SET delay_seconds = 9 WHERE name = 'begun'")
  const [review] = await rows("SELECT markdown FROM iasql_create_review('One queue') WHERE section = 'sql'")
  await rows("SELECT * FROM iasql_commit('for the orders')")

  const logged = await rows(
    `SELECT change_type, message FROM iasql_audit_log
     WHERE transaction_id = '${begun?.[0]}' AND table_name = 'queue' AND NOT by_engine ORDER BY id`,
  )

  expect(logged).toEqual([
    ['INSERT', 'for the orders'],
    ['UPDATE', 'for the orders'],
  ])
  const statements = [
    "INSERT INTO queue (name, region) VALUES ('begun', 'us-east-1');",
    "UPDATE queue SET delay_seconds = 9 WHERE name = 'begun' AND region = 'us-east-1';",
  ]
  expect(await rows(`SELECT * FROM iasql_get_sql_for_transaction('${begun?.[0]}')`)).toEqual(
    statements.map((sql) => [sql]),
  )
  expect(review?.[0]).toBe(`## SQL\n\n\`\`\`sql\n${statements.join('\n')}\n\`\`\``)
})

test('statements since a time come in every form in which a time is written', async () => {
  await rows("INSERT INTO queue (name) VALUES ('timed')")
  const timed = [["INSERT INTO queue (name, region) VALUES ('timed', 'us-east-1');"]]
  const [at] = await rows("SELECT ts FROM iasql_audit_log WHERE change #>> '{change,name}' = 'timed'")

  expect(await rows(`SELECT * FROM iasql_get_sql_since('${at?.[0]}')`)).toEqual(timed)
  expect(await rows(`SELECT * FROM iasql_get_sql_since('${at?.[0]}'::timestamptz)`)).toEqual(timed)
  expect(await rows(`SELECT * FROM iasql_get_sql_since(since => timestamptz '${at?.[0]}')`)).toEqual(timed)
  expect(
    await rows(`SELECT * FROM iasql_get_sql_since(timestamptz '${at?.[0]}' + interval '1 microsecond')`),
  ).toEqual([])
  for (const since of ["now() - interval '1 hour'", "(now() - interval '1 hour')::text"])
    expect(await rows(`SELECT * FROM iasql_get_sql_since(${since})`)).toEqual(
      await rows('SELECT * FROM iasql_get_sql_since()'),
    )
  expect((await rows('SELECT * FROM iasql_get_sql_since()')).length).toBeGreaterThan(3)
})

test('a function whose doing changes its own argument does it once', async () => {
  await rows("INSERT INTO queue (name) VALUES ('once')")
  const last =
    "(SELECT transaction_id FROM iasql_audit_log WHERE table_name = 'queue' ORDER BY id DESC LIMIT 1)"

  expect(await rows(`SELECT action, table_name FROM iasql_revert(${last})`)).toEqual([['delete', 'queue']])

  expect(await rows("SELECT name FROM queue WHERE name = 'once'")).toEqual([])
  expect(
    await rows("SELECT count(*) FROM iasql_audit_log WHERE change #>> '{original,name}' = 'once'"),
  ).toEqual([['1']])
})

test('what is no time and no transaction is refused in words', async () => {
  expect(await errorOf("SELECT * FROM iasql_get_sql_since('last tuesday')")).toMatchObject({
    sqlstate: '22007',
    message: 'last tuesday is no time',
  })
  expect(await errorOf("SELECT * FROM iasql_get_sql_for_transaction('no-such')")).toMatchObject({
    sqlstate: 'P0002',
    message: 'there is no transaction no-such',
  })
  expect(await errorOf("SELECT * FROM iasql_set('nothing', '1')")).toMatchObject({ sqlstate: '22023' })
})

test('settings are set by text and by number', async () => {
  expect(await rows("SELECT * FROM iasql_set('run_retention_days', 14)")).toEqual([
    ['run_retention_days', '14'],
  ])
  expect(await rows("SELECT * FROM iasql_set('run_retention_days', '15')")).toEqual([
    ['run_retention_days', '15'],
  ])
  expect(await rows("SELECT value FROM iasql_setting WHERE name = 'run_retention_days'")).toEqual([['15']])
})

test('statements of a commit that undid itself change nothing in the end', async () => {
  await rows("SELECT * FROM iasql_install('aws_vpc')")
  await rows(
    "INSERT INTO queue (name, delay_seconds, tags) VALUES ('stays', 1, '{\"team\": \"a\"}'), ('comes-back', 2, NULL)",
  )
  await rows('SELECT * FROM iasql_apply()')
  const queues = () => rows('SELECT name, delay_seconds, tags FROM queue ORDER BY name')
  const subnets = () => rows('SELECT cidr_block FROM subnet ORDER BY id')
  const before = [await queues(), await subnets()]
  const [now] = await rows('SELECT clock_timestamp()')
  await rows('SELECT * FROM iasql_begin()')
  await rows("INSERT INTO queue (name) VALUES ('goes')")
  await rows("UPDATE queue SET delay_seconds = 9, tags = NULL WHERE name = 'stays'")
  await rows("DELETE FROM queue WHERE name = 'comes-back'")
  await rows("INSERT INTO subnet (vpc_id, cidr_block) SELECT id, '10.9.0.0/24' FROM vpc WHERE is_default")
  expect(await errorOf("SELECT * FROM iasql_commit('never')")).toMatchObject({ sqlstate: 'IQ002' })
  expect([await queues(), await subnets()]).toEqual(before)

  const statements = await rows(`SELECT sql FROM iasql_get_sql_since('${now?.[0]}')`)
  for (const [sql] of statements) await rows(sql ?? '')

  expect(statements.length).toBeGreaterThanOrEqual(8)
  expect([await queues(), await subnets()]).toEqual(before)
})
