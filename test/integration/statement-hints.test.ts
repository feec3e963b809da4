/** What is refused at the statement says what to do: as a user types it, over the socket. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { StatementResult } from '../support/bare-client.ts'
import { type LiveHost, startLiveHost } from '../support/live-host.ts'

let host: LiveHost

beforeAll(async () => {
  host = await startLiveHost()
  await lastOf(`SELECT * FROM iasql_install('aws_vpc', 'aws_sqs')`)
})
afterAll(async () => {
  await host?.stop()
})

async function lastOf(sql: string): Promise<StatementResult> {
  const { statements } = await host.client.run(sql)
  const last = statements.at(-1)
  if (!last) throw new Error(`nothing came of ${sql}`)
  return last
}

test.each(['iasql_apply', 'iasql_explain_apply'])(
  '%s of a plan that a lookup did not find does nothing',
  async (name) => {
    await lastOf(`INSERT INTO queue (name) VALUES ('kept-back') ON CONFLICT DO NOTHING`)

    const looked = await lastOf(
      `SELECT * FROM ${name}((SELECT plan_id FROM iasql_plan WHERE made_by = 'nobody'))`,
    )
    const typed = await lastOf(`SELECT * FROM ${name}(NULL)`)

    for (const { error } of [looked, typed]) {
      expect(error).toMatchObject({
        sqlstate: '22004',
        message: `plan_id of ${name}() is NULL`,
        hint: expect.stringContaining('leave it out'),
      })
    }
    expect((await lastOf('SELECT natural_name FROM iasql_preview()')).rows).toEqual([['kept-back']])
  },
)

test('a function takes its other arguments by name where the plan is left out, and no NULL for them', async () => {
  const refused = await lastOf('SELECT * FROM iasql_apply(mine => NULL)')
  const applied = await lastOf('SELECT description FROM iasql_apply(mine => true)')

  expect(refused.error).toMatchObject({
    sqlstate: '22004',
    message: 'mine of iasql_apply() is NULL',
    hint: 'Leave mine out, or give it a value.',
  })
  expect(applied.rows).toEqual([['queue kept-back']])
})

test.each([
  [
    'a value out of its range',
    `INSERT INTO queue (name, visibility_timeout) VALUES ('late', 50000)`,
    '23514',
    /^visibility_timeout of queue: .*hidden.* It must satisfy: .*43200/,
  ],
  [
    'columns that do not fit together',
    `INSERT INTO queue (name, fifo_queue) VALUES ('plain', true)`,
    '23514',
    /^Of queue this must hold: .*\.fifo/,
  ],
  [
    'a reference to nothing',
    `INSERT INTO subnet (vpc_id, cidr_block) VALUES (4711, '10.0.1.0/24')`,
    '23503',
    /^vpc_id of subnet is the id of a row of vpc in the same account_id and region: SELECT id FROM vpc/,
  ],
  [
    'a zone that there is not',
    `INSERT INTO subnet (vpc_id, cidr_block, availability_zone) SELECT id, '172.31.250.0/24', 'us-east-1q' FROM vpc LIMIT 1`,
    '23503',
    /^availability_zone of subnet is the name of a row of availability_zone.*SELECT name FROM availability_zone/,
  ],
  [
    'a region that there is not',
    `INSERT INTO queue (name, region) VALUES ('far', 'eu-wset-1')`,
    '23503',
    /^region of queue is the region of a row of aws_regions: SELECT region FROM aws_regions/,
  ],
  [
    'a network that is none',
    `INSERT INTO vpc (cidr_block) VALUES ('banana')`,
    '22P02',
    /such as 10\.0\.0\.0\/16/,
  ],
])('%s is refused with what the column is for', async (_what, sql, sqlstate, hint) => {
  const { error } = await lastOf(sql)

  expect(error).toMatchObject({ sqlstate, code: 'sql/statement-failed', hint: expect.stringMatching(hint) })
})

test('a network that subnets stand in goes with them', async () => {
  await lastOf(`INSERT INTO vpc (cidr_block, tags) VALUES ('10.9.0.0/16', '{"Name":"full"}');
    INSERT INTO subnet (vpc_id, cidr_block, availability_zone)
      SELECT id, '10.9.1.0/24', 'us-east-1a' FROM vpc WHERE tags->>'Name' = 'full'`)

  const alone = await lastOf(`DELETE FROM vpc WHERE tags->>'Name' = 'full'`)
  const together = await lastOf(`BEGIN; DELETE FROM vpc WHERE tags->>'Name' = 'full';
    DELETE FROM subnet WHERE cidr_block = '10.9.1.0/24'; COMMIT`)

  expect(alone.error).toMatchObject({
    sqlstate: '23503',
    message: expect.stringContaining('violates foreign key constraint'),
    hint: expect.stringMatching(/^Rows of subnet still refer to it by vpc_id: delete those too/),
  })
  expect(together.error).toBeUndefined()
})

test('rows go into enabled regions only, and stay where a region is disabled', async () => {
  const closed = await lastOf(`INSERT INTO queue (name, region) VALUES ('abroad', 'eu-west-1')`)
  await lastOf(`UPDATE aws_regions SET is_enabled = true WHERE region = 'eu-west-1'`)
  const open = await lastOf(`INSERT INTO queue (name, region) VALUES ('abroad', 'eu-west-1');
    SELECT description FROM iasql_apply()`)
  await lastOf(`UPDATE aws_regions SET is_enabled = false WHERE region = 'eu-west-1'`)
  const moved = await lastOf(`UPDATE queue SET region = 'eu-west-1' WHERE name = 'kept-back'`)
  const synced = await lastOf('SELECT * FROM iasql_sync()')
  const changed = await lastOf(`UPDATE queue SET visibility_timeout = 77 WHERE name = 'abroad';
    SELECT description FROM iasql_apply()`)
  const gone = await lastOf(
    `DELETE FROM queue WHERE name = 'abroad'; SELECT action, table_name FROM iasql_apply()`,
  )

  for (const { error } of [closed, moved]) {
    expect(error).toMatchObject({
      sqlstate: '22023',
      message: 'region eu-west-1 is not enabled, so no queue can be put there',
      hint: `Enable it first: UPDATE aws_regions SET is_enabled = true WHERE region = 'eu-west-1'`,
    })
  }
  expect(open.rows).toEqual([['queue abroad']])
  expect(synced.rows).toEqual([])
  expect(changed.rows).toEqual([['queue abroad: visibility_timeout 30 → 77']])
  expect(gone.rows).toEqual([['delete', 'queue']])
})

test('a row without an account says how to have one', async () => {
  const { error } = await lastOf(`INSERT INTO queue (name, account_id) VALUES ('nowhere', NULL)`)

  expect(error).toMatchObject({ sqlstate: '23502', hint: expect.stringContaining('iasql_account_link()') })
})

test('a reference to a row of another region tells both regions', async () => {
  await lastOf(`UPDATE aws_regions SET is_enabled = true WHERE region = 'us-west-2';
    INSERT INTO vpc (cidr_block, region, tags) VALUES ('10.8.0.0/16', 'us-west-2', '{"Name":"west"}')`)
  const id = (await lastOf(`SELECT id FROM vpc WHERE tags->>'Name' = 'west'`)).rows[0]?.[0]

  const inserted = await lastOf(`INSERT INTO subnet (vpc_id, cidr_block) VALUES (${id}, '10.8.1.0/24')`)
  const there = await lastOf(
    `INSERT INTO subnet (vpc_id, cidr_block, region) VALUES (${id}, '10.8.1.0/24', 'us-west-2')`,
  )
  const moved = await lastOf(`UPDATE subnet SET region = 'us-east-1' WHERE cidr_block = '10.8.1.0/24'`)

  for (const { error } of [inserted, moved]) {
    expect(error).toMatchObject({
      sqlstate: '23503',
      hint: `The row is in us-east-1, and vpc ${id} is in us-west-2; a row refers to rows of its own region and account only: give it the place of that vpc, or in vpc_id a vpc of us-east-1.`,
    })
  }
  expect(there.error).toBeUndefined()
  await lastOf(
    `DELETE FROM subnet WHERE cidr_block = '10.8.1.0/24'; DELETE FROM vpc WHERE cidr_block = '10.8.0.0/16'`,
  )
})
