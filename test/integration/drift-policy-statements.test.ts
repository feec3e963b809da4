/** Writing down what shall become of changes in the cloud: who may, what is refused at the statement, what goes with what. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { registry } from '#modules/registry.ts'
import type { Session } from '#operations/connection/session.ts'
import { installModules } from '#operations/install/install-modules.ts'
import { createTenant } from '#operations/tenant/create-tenant.ts'
import { openRunLab, type RunLab } from '../support/run-lab.ts'

let lab: RunLab
let viewer: Session

beforeAll(async () => {
  lab = await openRunLab()
  const ports = { ...lab.ports, modules: async () => registry }
  await createTenant(ports, { alias: 'local', secrets: lab.db.secrets })
  const sqs = registry.findModule('aws_sqs')
  await installModules(ports, lab.tenant, sqs ? [sqs] : [])
  viewer = await lab.session({ subject: 'vera', role: 'viewer' })
  await lab.run(`INSERT INTO queue (name) VALUES ('jobs')`)
})
beforeEach(async () => {
  await lab.run('DELETE FROM iasql_drift_policy')
})
afterAll(async () => {
  await lab?.close()
})

const errorOf = async (sql: string, session?: Session) => {
  const { state, statements } = await lab.run(sql, {}, session)
  return state === 'succeeded' ? undefined : statements.at(-1)?.error
}
const rows = async (sql: string, session?: Session) => (await lab.run(sql, {}, session)).statements[0]?.rows

test.each([
  [
    'an unknown table',
    `VALUES ('queu', NULL, NULL, 'observe')`,
    '42P01',
    'there is no managed table queu',
    'Did you mean queue?',
  ],
  [
    'a table of our own',
    `VALUES ('iasql_tables', NULL, NULL, 'observe')`,
    '42P01',
    'no managed table iasql_tables',
    '',
  ],
  [
    'an unknown column',
    `VALUES ('queue', NULL, 'visibility_timeou', 'track')`,
    '42703',
    'queue has no column visibility_timeou',
    'Did you mean visibility_timeout?',
  ],
  [
    'a column like nothing',
    `VALUES ('queue', NULL, 'zzz', 'track')`,
    '42703',
    'queue has no column zzz',
    'It has content_based_deduplication',
  ],
  [
    'an output',
    `VALUES ('queue', NULL, 'arn', 'enforce')`,
    '22023',
    'arn of queue is not yours to set',
    'A policy is about',
  ],
  [
    'a local column',
    `VALUES ('aws_regions', NULL, 'is_enabled', 'enforce')`,
    '22023',
    'is_enabled of aws_regions is not yours',
    '',
  ],
  ['the place', `VALUES ('queue', NULL, 'region', 'enforce')`, '22023', 'region of queue is not yours', ''],
  [
    'a row that does not exist',
    `VALUES ('queue', 4711, NULL, 'enforce')`,
    'P0002',
    'queue has no row 4711',
    'Give the id of a row',
  ],
  [
    'an unknown policy',
    `VALUES ('queue', NULL, NULL, 'ignore')`,
    '22023',
    'track, enforce or observe, not ignore',
    'observe only lists',
  ],
  ['no policy', `VALUES ('queue', NULL, NULL, NULL)`, '22023', 'track, enforce or observe, not null', ''],
] as const)('refuses %s', async (_, values, sqlstate, message, hint) => {
  const error = await errorOf(`INSERT INTO iasql_drift_policy ${values}`)

  expect(error).toMatchObject({
    sqlstate,
    message: expect.stringContaining(message),
    hint: expect.stringContaining(hint),
  })
})

test('refuses what an UPDATE would make of a good one', async () => {
  await lab.run(`INSERT INTO iasql_drift_policy VALUES ('queue', NULL, 'policy', 'observe')`)

  expect(await errorOf(`UPDATE iasql_drift_policy SET column_name = 'url'`)).toMatchObject({
    sqlstate: '22023',
  })

  expect(await rows('SELECT column_name FROM iasql_drift_policy')).toEqual([['policy']])
})

test('holds one policy for the same thing, which ON CONFLICT changes', async () => {
  await lab.run(`INSERT INTO iasql_drift_policy (table_name, policy) VALUES ('queue', 'observe')`)

  const twice = await errorOf(
    `INSERT INTO iasql_drift_policy (table_name, policy) VALUES ('queue', 'enforce')`,
  )
  await lab.run(`INSERT INTO iasql_drift_policy (table_name, policy) VALUES ('queue', 'enforce')
    ON CONFLICT (table_name, row_id, column_name) DO UPDATE SET policy = excluded.policy`)

  expect(twice).toMatchObject({ sqlstate: '23505' })
  expect(await rows('SELECT table_name, policy FROM iasql_drift_policy')).toEqual([['queue', 'enforce']])
})

test('a viewer reads policies and drift, and writes neither', async () => {
  const write = `INSERT INTO iasql_drift_policy (table_name, policy) VALUES ('queue', 'observe')`
  await lab.run(write)

  expect(await rows('SELECT table_name FROM iasql_drift_policy', viewer)).toEqual([['queue']])
  expect(await rows('SELECT count(*) FROM iasql_drift', viewer)).toEqual([['0']])
  for (const sql of [
    write,
    `UPDATE iasql_drift_policy SET policy = 'track'`,
    'DELETE FROM iasql_drift_policy',
  ]) {
    expect(await errorOf(sql, viewer)).toMatchObject({ sqlstate: '42501' })
  }
})

test('drift itself is only to be looked at', async () => {
  expect(await errorOf('DELETE FROM iasql_drift')).toMatchObject({ sqlstate: '55000' })
})

test.each([
  `UPDATE iasql_resource SET drift = NULL`,
  `INSERT INTO iasql_column VALUES ('queue', 'x', 'argument')`,
  'TRUNCATE iasql_drift_policy',
  'ALTER TABLE iasql_drift_policy DISABLE TRIGGER ALL',
  'DROP TRIGGER iasql_check ON iasql_drift_policy',
  'GRANT INSERT ON iasql_drift_policy TO PUBLIC',
  `SELECT iasql_nearest('a', ARRAY['b'])`,
])('nobody may %s', async (sql) => {
  expect(await errorOf(sql)).toMatchObject({ sqlstate: '42501' })
})

test('a transaction that is rolled back leaves no policy', async () => {
  await lab.run(
    `BEGIN; INSERT INTO iasql_drift_policy (table_name, policy) VALUES ('queue', 'observe'); ROLLBACK;`,
  )

  expect(await rows('SELECT * FROM iasql_drift_policy')).toEqual([])
})
