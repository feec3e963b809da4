/** Whatever was done to tables: the audit log sums up to them, and the statements made of it make them again elsewhere. */
import { DeleteQueueCommand, SQSClient } from '@aws-sdk/client-sqs'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  expectSameTables,
  expectSummedUp,
  type Form,
  type Forms,
  type Histories,
  number,
  one,
  openHistories,
  type Step,
  statementOf,
  stepOf,
} from '#test/support/histories.ts'
import type { TenantLab } from '#test/support/tenant-lab.ts'

let histories: Histories

/** Children before parents. */
const cleared = [
  'route_table_association',
  'route',
  'route_table',
  'internet_gateway',
  'subnet',
  'vpc',
  'queue',
]

beforeAll(async () => {
  histories = await openHistories(['aws_vpc', 'aws_sqs'])
}, 120_000)
afterAll(() => histories.close())

const queue = (at: number): string => one('queue', at)
const vpc = (at: number): string => one('vpc', at, 'NOT is_default IS TRUE')

/** A zone is named, for the cloud takes any where none is. */
const inserts: Forms['inserts'] = [
  (a, b, tag) => `INSERT INTO queue (name, delay_seconds, tags) VALUES ('q${a}', ${b}, ${tag})`,
  (a, b) => `INSERT INTO queue (name, redrive_target_id) VALUES ('q${a}', ${queue(b)})`,
  (a, b) => `INSERT INTO queue (name, tags) SELECT 'q${a}',
     jsonb_build_object('of', iasql_ref('queue', id, 'arn') || ' 100%') FROM queue WHERE id = ${queue(b)}`,
  (a, _, tag) => `INSERT INTO vpc (cidr_block, tags) VALUES ('10.${1 + (a % 3)}.0.0/16', ${tag})`,
  (a, b, tag) => `INSERT INTO subnet (vpc_id, availability_zone, cidr_block, tags)
     SELECT id, 'us-east-1a', replace(cidr_block, '.0.0/16', '.${b}.0/24'), ${tag} FROM vpc WHERE id = ${vpc(a)}`,
  (a, _, tag) => `INSERT INTO internet_gateway (vpc_id, tags) VALUES (${vpc(a)}, ${tag})`,
  (a, b) => `INSERT INTO route_table (vpc_id, tags)
     SELECT id, '{"Name": "rt${b}"}' FROM vpc WHERE id = ${vpc(a)}`,
]
const updates: Forms['updates'] = [
  (a, b, tag) => `UPDATE queue SET delay_seconds = ${b}, tags = ${tag} WHERE id = ${queue(a)}`,
  (a, b) => `UPDATE queue SET name = 'q${b}' WHERE id = ${queue(a)}`,
  (a, b) => `UPDATE queue SET redrive_target_id = ${queue(b)} WHERE id = ${queue(a)}`,
  (a) => `UPDATE queue SET redrive_target_id = NULL WHERE redrive_target_id = ${queue(a)}`,
  () => 'UPDATE queue SET visibility_timeout = visibility_timeout',
  (a, b, tag) => `UPDATE vpc SET tags = ${tag}, enable_dns_hostnames = ${b % 2 === 0} WHERE id = ${vpc(a)}`,
  (a, b) => `UPDATE internet_gateway SET vpc_id = ${vpc(b)} WHERE id = ${one('internet_gateway', a)}`,
  (a, b) =>
    `UPDATE route_table SET tags = '{"Name": "main${b}"}' WHERE id = ${one('route_table', a, 'is_main')}`,
]
const deletes: Forms['deletes'] = [
  (a) => `DELETE FROM queue WHERE id = ${queue(a)}`,
  (a) => `DELETE FROM vpc WHERE id = ${vpc(a)}`,
  ...['subnet', 'internet_gateway', 'route_table'].map(
    (table): Form =>
      (a) =>
        `DELETE FROM ${table} WHERE id = ${one(table, a)}`,
  ),
]

/** In one transaction a row takes another's name, and what refers to that goes over to it. */
const successions: readonly ((a: number, b: number) => readonly string[])[] = [
  (a) => [
    `UPDATE queue SET name = name || '-old' WHERE id = ${queue(a)}`,
    "INSERT INTO queue (name) SELECT replace(name, '-old', '') FROM queue WHERE name LIKE '%-old'",
    `UPDATE queue SET redrive_target_id = (SELECT max(id) FROM queue)
     WHERE redrive_target_id IN (SELECT id FROM queue WHERE name LIKE '%-old')`,
    "DELETE FROM queue WHERE name LIKE '%-old'",
  ],
  (a, b) => [
    `DELETE FROM queue WHERE id = ${queue(a)}`,
    `INSERT INTO queue (name, delay_seconds) SELECT 'q' || min(n), ${b} FROM generate_series(0, 7) n
     WHERE NOT EXISTS (SELECT FROM queue WHERE name = 'q' || n)`,
    `UPDATE queue SET redrive_target_id = (SELECT max(id) FROM queue)
     WHERE NOT EXISTS (SELECT FROM queue t WHERE t.id = queue.redrive_target_id)`,
  ],
]

const loseQueue =
  (at: number) =>
  async (lab: TenantLab): Promise<void> => {
    const [lost] = await lab.user.query<{ url: string }>(`SELECT url FROM queue WHERE id = ${queue(at)}`)
    const sqs = new SQSClient({
      region: 'us-east-1',
      endpoint: lab.endpoint,
      credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
    })
    await sqs.send(new DeleteQueueCommand({ QueueUrl: lost?.url })).finally(() => sqs.destroy())
  }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 1, arbitrary: number.map((at): Step => ({ kind: 'lose', lose: loseQueue(at) })) },
  { weight: 14, arbitrary: stepOf(statementOf({ inserts, updates, deletes })) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom(...successions), number, number)
      .map(([form, a, b]): Step => ({ kind: 'statements', statements: form(a, b) })),
  },
)

async function clear(lab: TenantLab): Promise<void> {
  await lab.user.transaction(async (transaction) => {
    await transaction.run('UPDATE queue SET redrive_target_id = NULL, policy = NULL, tags = NULL')
    for (const table of cleared) await transaction.run(`DELETE FROM ${table}`)
  })
  await lab.call('iasql_apply')
}

const numRuns = Number(process.env.HISTORIES ?? 8)

test('the statements of any history make the same tables of an empty tenant and an empty cloud', async () => {
  const told = await expectSameTables(histories, { steps: step, clear, numRuns })

  // Of histories in which nearly all is refused nothing is shown.
  expect(told).toBeGreaterThan(numRuns * 3)
}, 600_000)

test('the audit log adds up to the tables', () => expectSummedUp(histories))
