/** What one transaction may do in any order comes in one in which each statement holds alone, also where names pass on. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Row } from '#engine/model/json.ts'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab

beforeAll(async () => {
  lab = await openTenantLab()
  await lab.call('iasql_install', [['aws_sqs']])
})
afterAll(async () => {
  await lab.close()
})

const together = (statements: readonly string[]): Promise<void> =>
  lab.user.transaction(async (transaction) => {
    for (const sql of statements) await transaction.run(sql)
  })
const queues = (): Promise<readonly Row[]> =>
  lab.user.query(`SELECT q.name, t.name AS target, q.delay_seconds FROM queue q
    LEFT JOIN queue t ON t.id = q.redrive_target_id ORDER BY q.name`)

const named = (name: string): string => `name = '${name}' AND region = 'us-east-1'`
const id = (name: string): string => `(SELECT id FROM queue WHERE ${named(name)})`

test.each([
  {
    title: 'a target that another of its name takes the place of is let go of first',
    before: ["(8101, 'dead', NULL)", "(8102, 'live', 8101)"],
    changes: [
      "DELETE FROM queue WHERE name = 'dead'",
      "INSERT INTO queue (id, name) VALUES (8103, 'dead')",
      "UPDATE queue SET redrive_target_id = 8103, delay_seconds = 5 WHERE name = 'live'",
    ],
    told: [
      `UPDATE queue SET delay_seconds = 5, redrive_target_id = NULL WHERE ${named('live')};`,
      `DELETE FROM queue WHERE ${named('dead')};`,
      "INSERT INTO queue (name, region) VALUES ('dead', 'us-east-1');",
      `UPDATE queue SET redrive_target_id = ${id('dead')} WHERE ${named('live')};`,
    ],
  },
  {
    title: 'a new target waits for a name that another row still has',
    before: ["(8201, 'a', NULL)"],
    changes: [
      "INSERT INTO queue (id, name, redrive_target_id) VALUES (8202, 'b', 8203)",
      "UPDATE queue SET name = 'old' WHERE name = 'a'",
      "INSERT INTO queue (id, name) VALUES (8203, 'a')",
    ],
    told: [
      "INSERT INTO queue (name, region) VALUES ('b', 'us-east-1');",
      `UPDATE queue SET name = 'old' WHERE ${named('a')};`,
      "INSERT INTO queue (name, region) VALUES ('a', 'us-east-1');",
      `UPDATE queue SET redrive_target_id = ${id('a')} WHERE ${named('b')};`,
    ],
  },
  {
    title: 'who takes the name of what it referred to lets go before',
    before: ["(8301, 'a', NULL)", "(8302, 'b', 8301)"],
    changes: [
      "DELETE FROM queue WHERE name = 'a'",
      "UPDATE queue SET name = 'a', redrive_target_id = NULL WHERE name = 'b'",
    ],
    told: [
      `UPDATE queue SET redrive_target_id = NULL WHERE ${named('b')};`,
      `DELETE FROM queue WHERE ${named('a')};`,
      `UPDATE queue SET name = 'a', redrive_target_id = NULL WHERE ${named('b')};`,
    ],
  },
  {
    title: 'what was taken back while it waited is not set later',
    before: ["(8401, 'a', NULL)"],
    changes: [
      "INSERT INTO queue (id, name, redrive_target_id) VALUES (8402, 'b', 8403)",
      "UPDATE queue SET redrive_target_id = NULL WHERE name = 'b'",
      "UPDATE queue SET name = 'old' WHERE name = 'a'",
      "INSERT INTO queue (id, name) VALUES (8403, 'a')",
    ],
    told: [
      "INSERT INTO queue (name, region) VALUES ('b', 'us-east-1');",
      `UPDATE queue SET redrive_target_id = NULL WHERE ${named('b')};`,
      `UPDATE queue SET name = 'old' WHERE ${named('a')};`,
      "INSERT INTO queue (name, region) VALUES ('a', 'us-east-1');",
    ],
  },
])('$title', async ({ before, changes, told }) => {
  await lab.user.run('DELETE FROM queue')
  await lab.user.run(`INSERT INTO queue (id, name, redrive_target_id) VALUES ${before.join(', ')}`)
  const [now] = await lab.user.query<{ now: string }>('SELECT clock_timestamp()::text AS now')
  await together(changes)
  const made = await queues()

  const statements = (await lab.call('iasql_get_sql_since', [now?.now ?? ''])).map(({ sql }) => String(sql))

  expect(statements).toEqual(told)
  await together([
    'DELETE FROM queue',
    `INSERT INTO queue (id, name, redrive_target_id) VALUES ${before.join(', ')}`,
  ])
  for (const sql of statements) await lab.user.run(sql)
  expect(await queues()).toEqual(made)
})
