/** The statements that make a history again, as people read and run them. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
let since: string

beforeAll(async () => {
  lab = await openTenantLab()
  await lab.call('iasql_install', [['aws_vpc', 'aws_sqs']])
})
beforeEach(async () => {
  await lab.user.run('DELETE FROM queue')
  await lab.user.run('DELETE FROM subnet WHERE NOT default_for_az IS TRUE')
  await lab.user.run('DELETE FROM vpc WHERE NOT is_default IS TRUE')
  await lab.call('iasql_apply')
  const [now] = await lab.user.query<{ now: string }>('SELECT clock_timestamp()::text AS now')
  since = now?.now ?? ''
})
afterAll(async () => {
  await lab.close()
})

const run = async (...statements: readonly string[]): Promise<void> => {
  for (const sql of statements) await lab.user.run(sql)
}
const together = (...statements: readonly string[]): Promise<void> =>
  lab.user.transaction(async (transaction) => {
    for (const sql of statements) await transaction.run(sql)
  })
const told = async (): Promise<readonly string[]> =>
  (await lab.call('iasql_get_sql_since', [since])).map(({ sql }) => String(sql))
const toldOf = async (transactionId: string | null): Promise<readonly string[]> =>
  (await lab.call('iasql_get_sql_for_transaction', [transactionId])).map(({ sql }) => String(sql))

test('tells inserts, updates and deletes by natural key, without what PostgreSQL fills in', async () => {
  await run(
    "INSERT INTO queue (name, delay_seconds, visibility_timeout) VALUES ('not', 5, 30)",
    "UPDATE queue SET visibility_timeout = 60, delay_seconds = 6 WHERE name = 'not'",
    "DELETE FROM queue WHERE name = 'not'",
  )

  expect(await told()).toEqual([
    "INSERT INTO queue (name, delay_seconds, region) VALUES ('not', 5, 'us-east-1');",
    "UPDATE queue SET visibility_timeout = 60, delay_seconds = 6 WHERE name = 'not' AND region = 'us-east-1';",
    "DELETE FROM queue WHERE name = 'not' AND region = 'us-east-1';",
  ])
})

test('tells each row of one statement, and none that an update left as it was', async () => {
  await run(
    "INSERT INTO queue (name) VALUES ('one'), ('two')",
    "UPDATE queue SET delay_seconds = CASE name WHEN 'one' THEN 3 ELSE 0 END",
  )

  expect(await told()).toEqual([
    "INSERT INTO queue (name, region) VALUES ('one', 'us-east-1');",
    "INSERT INTO queue (name, region) VALUES ('two', 'us-east-1');",
    "UPDATE queue SET delay_seconds = 3 WHERE name = 'one' AND region = 'us-east-1';",
  ])
})

test('tells values that became null, documents and quotes', async () => {
  await run(
    `INSERT INTO queue (name, tags, policy) VALUES ('quoted', '{"it''s": "a \\"b\\" \\\\ 100%"}', '{"Version": "2012-10-17", "Statement": []}')`,
    "UPDATE queue SET policy = NULL WHERE name = 'quoted'",
  )

  expect(await told()).toEqual([
    `INSERT INTO queue (name, policy, tags, region) VALUES ('quoted', '{"Version":"2012-10-17","Statement":[]}', '{"it''s":"a \\"b\\" \\\\ 100%"}', 'us-east-1');`,
    "UPDATE queue SET policy = NULL WHERE name = 'quoted' AND region = 'us-east-1';",
  ])
})

test('tells references as sub-selects on what names their targets', async () => {
  await run(
    `INSERT INTO vpc (cidr_block, tags) VALUES ('10.1.0.0/16', '{"Name": "main"}')`,
    `INSERT INTO subnet (vpc_id, cidr_block, availability_zone)
     SELECT id, '10.1.1.0/24', 'us-east-1a' FROM vpc WHERE tags ->> 'Name' = 'main'`,
    "INSERT INTO queue (name) VALUES ('dead')",
    "INSERT INTO queue (name, redrive_target_id) SELECT 'live', id FROM queue WHERE name = 'dead'",
  )

  const vpc = `(SELECT id FROM vpc WHERE tags = '{"Name":"main"}' AND region = 'us-east-1')`
  expect(await told()).toEqual([
    `INSERT INTO vpc (cidr_block, tags, region) VALUES ('10.1.0.0/16', '{"Name":"main"}', 'us-east-1');`,
    `INSERT INTO subnet (vpc_id, availability_zone, cidr_block, region) VALUES (${vpc}, 'us-east-1a', '10.1.1.0/24', 'us-east-1');`,
    "INSERT INTO queue (name, region) VALUES ('dead', 'us-east-1');",
    "INSERT INTO queue (name, redrive_target_id, region) VALUES ('live', (SELECT id FROM queue WHERE name = 'dead' AND region = 'us-east-1'), 'us-east-1');",
  ])
})

test('tells expressions as calls of iasql_ref, also within documents', async () => {
  await run(
    "INSERT INTO queue (name) VALUES ('source')",
    `INSERT INTO queue (name, policy) SELECT 'target', jsonb_build_object('Statement', jsonb_build_array(
       jsonb_build_object('Resource', iasql_ref('queue', id, 'arn'), 'Sid', '100%'))) FROM queue WHERE name = 'source'`,
  )

  expect((await told())[1]).toBe(
    "INSERT INTO queue (name, policy, region) VALUES ('target', " +
      `CAST(format('{"Statement":[{"Sid":"100%%","Resource":"%s"}]}', ` +
      `iasql_ref('queue', (SELECT id FROM queue WHERE name = 'source' AND region = 'us-east-1'), 'arn')) AS jsonb), 'us-east-1');`,
  )
})

test('names rows that are alike in everything by their place among them', async () => {
  await run(
    "INSERT INTO vpc (cidr_block) VALUES ('10.2.0.0/16')",
    "INSERT INTO vpc (cidr_block) VALUES ('10.2.0.0/16')",
    `UPDATE vpc SET tags = '{"Name": "second"}' WHERE id = (SELECT max(id) FROM vpc)`,
    `DELETE FROM vpc WHERE tags IS NULL AND cidr_block = '10.2.0.0/16'`,
  )

  const [, , update, remove] = await told()
  expect(update).toContain(
    `UPDATE vpc SET tags = '{"Name":"second"}' WHERE id = (SELECT id FROM vpc WHERE cidr_block = '10.2.0.0/16' AND`,
  )
  expect(update).toMatch(/ORDER BY id OFFSET 1 LIMIT 1\);$/)
  expect(remove).toMatch(/^DELETE FROM vpc WHERE cidr_block = '10\.2\.0\.0\/16' AND .*tags IS NULL/)
  expect(remove).not.toContain('OFFSET')
})

test('leaves out what AWS has set, and what an apply has filled in', async () => {
  await run(`INSERT INTO vpc (cidr_block, tags) VALUES ('10.3.0.0/16', '{"Name": "filled"}')`)
  await lab.call('iasql_apply')
  await run(`UPDATE vpc SET enable_dns_hostnames = true WHERE tags ->> 'Name' = 'filled'`)
  await lab.call('iasql_apply')
  await run(`DELETE FROM vpc WHERE tags ->> 'Name' = 'filled'`)

  const vpc = `tags = '{"Name":"filled"}' AND region = 'us-east-1'`
  expect(await told()).toEqual([
    `INSERT INTO vpc (cidr_block, tags, region) VALUES ('10.3.0.0/16', '{"Name":"filled"}', 'us-east-1');`,
    `UPDATE vpc SET enable_dns_hostnames = true WHERE ${vpc};`,
    `DELETE FROM vpc WHERE ${vpc};`,
  ])
})

test('puts what one transaction did in any order in one that holds', async () => {
  await together(
    "INSERT INTO queue (id, name, redrive_target_id) VALUES (9001, 'first', 9002), (9002, 'second', 9001), (9003, 'self', 9003)",
    `INSERT INTO subnet (vpc_id, cidr_block) VALUES (9001, '10.4.1.0/24')`,
    `INSERT INTO vpc (id, cidr_block, tags) VALUES (9001, '10.4.0.0/16', '{"Name": "late"}')`,
  )
  await together(
    'DELETE FROM vpc WHERE id = 9001',
    'DELETE FROM subnet WHERE vpc_id = 9001',
    'DELETE FROM queue WHERE id > 9000',
  )

  const queue = (name: string) => `name = '${name}' AND region = 'us-east-1'`
  const id = (name: string) => `(SELECT id FROM queue WHERE ${queue(name)})`
  const vpc = `tags = '{"Name":"late"}' AND region = 'us-east-1'`
  expect(await told()).toEqual([
    `INSERT INTO queue (name, region) VALUES ('second', 'us-east-1');`,
    `INSERT INTO queue (name, redrive_target_id, region) VALUES ('first', ${id('second')}, 'us-east-1');`,
    `UPDATE queue SET redrive_target_id = ${id('first')} WHERE ${queue('second')};`,
    `INSERT INTO queue (name, region) VALUES ('self', 'us-east-1');`,
    `UPDATE queue SET redrive_target_id = ${id('self')} WHERE ${queue('self')};`,
    `INSERT INTO vpc (cidr_block, tags, region) VALUES ('10.4.0.0/16', '{"Name":"late"}', 'us-east-1');`,
    `INSERT INTO subnet (vpc_id, cidr_block, region) VALUES ((SELECT id FROM vpc WHERE ${vpc}), '10.4.1.0/24', 'us-east-1');`,
    `DELETE FROM subnet WHERE vpc_id = (SELECT id FROM vpc WHERE ${vpc}) AND cidr_block = '10.4.1.0/24' AND region = 'us-east-1';`,
    `DELETE FROM vpc WHERE ${vpc};`,
    `UPDATE queue SET redrive_target_id = NULL WHERE ${queue('first')};`,
    `DELETE FROM queue WHERE ${queue('second')};`,
    `DELETE FROM queue WHERE ${queue('first')};`,
    `DELETE FROM queue WHERE ${queue('self')};`,
  ])
})

test('tells regions, defaults and drift policies', async () => {
  await run(
    "UPDATE aws_regions SET is_enabled = true WHERE region = 'eu-west-1'",
    "INSERT INTO queue (name, region) VALUES ('there', 'eu-west-1')",
    "INSERT INTO iasql_drift_policy (table_name, row_id, policy) SELECT 'queue', id, 'observe' FROM queue WHERE name = 'there'",
    "UPDATE iasql_drift_policy SET policy = 'enforce'",
    'DELETE FROM iasql_drift_policy',
    "UPDATE aws_regions SET is_default = (region = 'eu-west-1') WHERE region IN ('us-east-1', 'eu-west-1')",
    "UPDATE aws_regions SET is_default = (region = 'us-east-1') WHERE region IN ('us-east-1', 'eu-west-1')",
  )

  const there = `table_name = 'queue' AND row_id = (SELECT id FROM queue WHERE name = 'there' AND region = 'eu-west-1') AND column_name IS NULL`
  expect(await told()).toEqual([
    "UPDATE aws_regions SET is_enabled = true WHERE region = 'eu-west-1';",
    "INSERT INTO queue (name, region) VALUES ('there', 'eu-west-1');",
    "INSERT INTO iasql_drift_policy (table_name, row_id, policy) VALUES ('queue', (SELECT id FROM queue WHERE name = 'there' AND region = 'eu-west-1'), 'observe');",
    `UPDATE iasql_drift_policy SET policy = 'enforce' WHERE ${there};`,
    `DELETE FROM iasql_drift_policy WHERE ${there};`,
    "UPDATE aws_regions SET is_default = (region = 'eu-west-1') WHERE is_default OR region = 'eu-west-1';",
    "UPDATE aws_regions SET is_default = (region = 'us-east-1') WHERE is_default OR region = 'us-east-1';",
  ])
})

test('tells one transaction, by its id, and the latest without one', async () => {
  await run("INSERT INTO queue (name) VALUES ('before')")
  await together(
    "INSERT INTO queue (name) VALUES ('within')",
    "UPDATE queue SET redrive_target_id = (SELECT id FROM queue WHERE name = 'within') WHERE name = 'before'",
  )
  const [transaction] = await lab.user.query<{ transaction_id: string }>(
    'SELECT transaction_id FROM iasql_audit_log ORDER BY id DESC LIMIT 1',
  )
  const within = [
    "INSERT INTO queue (name, region) VALUES ('within', 'us-east-1');",
    "UPDATE queue SET redrive_target_id = (SELECT id FROM queue WHERE name = 'within' AND region = 'us-east-1') WHERE name = 'before' AND region = 'us-east-1';",
  ]
  expect(await toldOf(null)).toEqual(within)
  await lab.call('iasql_apply')
  await run("UPDATE queue SET name = 'after' WHERE name = 'within'")

  expect(await toldOf(transaction?.transaction_id ?? '')).toEqual(within)
})

test('refuses a time that is none and a transaction that there is not', async () => {
  await expect(lab.call('iasql_get_sql_since', ['yesteryear'])).rejects.toMatchObject({
    sqlstate: '22007',
    message: 'yesteryear is no time',
  })
  await expect(lab.call('iasql_get_sql_since', [''])).rejects.toMatchObject({ sqlstate: '22007' })
  await expect(lab.call('iasql_get_sql_since', ['2026-02-30'])).rejects.toMatchObject({ sqlstate: '22007' })
  await expect(toldOf('nope')).rejects.toMatchObject({
    sqlstate: 'P0002',
    message: 'there is no transaction nope',
  })
  expect(await lab.call('iasql_get_sql_since', ['9999-01-01'])).toEqual([])
})

test('a row that moves to another region takes its parts along by itself', async () => {
  await run(
    "UPDATE aws_regions SET is_enabled = true WHERE region = 'eu-west-1'",
    `INSERT INTO vpc (cidr_block, tags) VALUES ('10.5.0.0/16', '{"Name": "moving"}')`,
    `INSERT INTO subnet (vpc_id, cidr_block) SELECT id, '10.5.1.0/24' FROM vpc WHERE tags ->> 'Name' = 'moving'`,
    `UPDATE vpc SET region = 'eu-west-1' WHERE tags ->> 'Name' = 'moving'`,
  )

  expect((await told()).filter((sql) => sql.startsWith('UPDATE'))).toEqual([
    `UPDATE vpc SET region = 'eu-west-1' WHERE tags = '{"Name":"moving"}' AND region = 'us-east-1';`,
  ])
})

test('what comes and goes with a parent, and with a module, is not told', async () => {
  await run(`INSERT INTO vpc (cidr_block, tags) VALUES ('10.6.0.0/16', '{"Name": "parent"}')`)
  await lab.call('iasql_apply')
  await run(`DELETE FROM vpc WHERE tags ->> 'Name' = 'parent'`)
  await lab.call('iasql_apply')
  await lab.call('iasql_uninstall', [['aws_sqs']])
  await lab.call('iasql_install', [['aws_sqs']])

  expect((await told()).map((sql) => sql.split(' ').slice(0, 3).join(' '))).toEqual([
    'INSERT INTO vpc',
    'DELETE FROM vpc',
  ])
})

test('a row of 64 KiB and more is told whole', async () => {
  const long = 'x'.repeat(100_000)
  await run(`INSERT INTO queue (name, tags) VALUES ('long', '{"Name": "${long}"}')`)

  expect(await told()).toEqual([
    `INSERT INTO queue (name, tags, region) VALUES ('long', '{"Name":"${long}"}', 'us-east-1');`,
  ])
})
