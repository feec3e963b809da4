/** Histories of what is known by its name alone, with documents, texts and secrets: they make the same tables elsewhere. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  expectSameTables,
  expectSummedUp,
  type Forms,
  type Histories,
  one,
  openHistories,
  statementOf,
  stepOf,
} from '#test/support/histories.ts'
import type { TenantLab } from '#test/support/tenant-lab.ts'

let histories: Histories

/** Children before parents. */
const cleared = [
  'role_policy',
  'role_policy_attachment',
  'instance_profile',
  'iam_role',
  'iam_policy',
  'bucket_object',
  'bucket',
  'secret',
  'log_group',
]

beforeAll(async () => {
  histories = await openHistories(['aws_iam', 'aws_s3', 'aws_secrets_manager', 'aws_cloudwatch'])
}, 120_000)
afterAll(() => histories.close())

const allowing = (a: number, resource = '"*"'): string =>
  `'{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:Get${a}"], "Resource": ${resource}}]}'`
const trusting = (a: number): string =>
  `'{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "${a % 2 ? 'ec2' : 'lambda'}.amazonaws.com"}, "Action": "sts:AssumeRole"}]}'`

const inserts: Forms['inserts'] = [
  (a, b, tag) => `INSERT INTO iam_role (role_name, assume_role_policy_document, path, tags)
     VALUES ('r${a}', ${trusting(b)}, '/${b % 2 ? 'a/' : ''}', ${tag})`,
  (a, b, tag) => `INSERT INTO iam_role (role_name, assume_role_policy_document, permissions_boundary_id, tags)
     SELECT 'r${a}', ${trusting(b)}, id, ${tag} FROM iam_policy WHERE id = ${one('iam_policy', b)}`,
  (a, b, tag) => `INSERT INTO iam_policy (policy_name, description, policy_document, tags)
     VALUES ('p${a}', 'It''s ${b} %', ${allowing(b)}, ${tag})`,
  (a, b) => `INSERT INTO role_policy (role_name, policy_name, policy_document)
     SELECT role_name, 'in${b}', ${allowing(b)} FROM iam_role WHERE id = ${one('iam_role', a)}`,
  (a, b) => `INSERT INTO role_policy_attachment (role_name, policy_id)
     SELECT role_name, ${one('iam_policy', b)} FROM iam_role WHERE id = ${one('iam_role', a)}`,
  (a) => `INSERT INTO role_policy_attachment (role_name, policy_arn)
     SELECT role_name, 'arn:aws:iam::aws:policy/ReadOnlyAccess' FROM iam_role WHERE id = ${one('iam_role', a)}`,
  (a, b, tag) => `INSERT INTO instance_profile (instance_profile_name, role_name, tags)
     VALUES ('i${a}', (SELECT role_name FROM iam_role WHERE id = ${one('iam_role', b)}), ${tag})`,
  (a, b, tag) => `INSERT INTO bucket (name, versioning, cors_rules, tags)
     VALUES ('bucket-${a}', ${b % 2 ? `'Enabled'` : 'NULL'},
       ${b % 3 ? 'NULL' : `'[{"AllowedMethods": ["GET"], "AllowedOrigins": ["https://${b}.example.com"]}]'`}, ${tag})`,
  (a, b, tag) => `INSERT INTO bucket_object (bucket_name, key, content, metadata, tags)
     SELECT name, 'it''s/${b}', E'line ${b}\\n"two"', '{"by": "${a}"}', ${tag} FROM bucket WHERE id = ${one('bucket', a)}`,
  (a, b, tag) => `INSERT INTO secret (name, description, value, recovery_window_in_days, tags)
     VALUES ('s/${a}', ${b % 2 ? 'NULL' : `'d${b}'`}, 'hidden-${b}', 0, ${tag})`,
  (a, b, tag) => `INSERT INTO log_group (log_group_name, retention_in_days, tags)
     VALUES ('/l/${a}', ${[1, 3, 5, 7][b % 4]}, ${tag})`,
]
const updates: Forms['updates'] = [
  (a, b) =>
    `UPDATE iam_role SET assume_role_policy_document = ${trusting(b)}, description = 'd${b}' WHERE id = ${one('iam_role', a)}`,
  (a, b) => `UPDATE iam_role SET role_name = 'r${b}' WHERE id = ${one('iam_role', a)}`,
  (a, b, tag) =>
    `UPDATE iam_policy SET policy_document = ${allowing(b)}, tags = ${tag} WHERE id = ${one('iam_policy', a)}`,
  (a, b) =>
    `UPDATE role_policy SET policy_document = ${allowing(b, '["arn:aws:s3:::x", "arn:aws:s3:::y"]')} WHERE id = ${one('role_policy', a)}`,
  (a, b) =>
    `UPDATE instance_profile SET role_name = (SELECT role_name FROM iam_role WHERE id = ${one('iam_role', b)})
     WHERE id = ${one('instance_profile', a)}`,
  (a, b, tag) => `UPDATE bucket SET versioning = 'Suspended', tags = ${tag},
     lifecycle_rules = '[{"ID": "r${b}", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": ${b + 1}}}]'
     WHERE id = ${one('bucket', a)}`,
  (a) => `UPDATE bucket SET lifecycle_rules = NULL, cors_rules = NULL WHERE id = ${one('bucket', a)}`,
  (a, b) =>
    `UPDATE bucket_object SET content = 'text ${b}', metadata = NULL WHERE id = ${one('bucket_object', a)}`,
  (a, b) => `UPDATE secret SET value = 'hidden-${b}', description = 'e${b}' WHERE id = ${one('secret', a)}`,
  (a, b, tag) => `UPDATE log_group SET retention_in_days = ${b % 2 ? 'NULL' : '14'}, tags = ${tag}
     WHERE id = ${one('log_group', a)}`,
]
const deletes: Forms['deletes'] = cleared.map(
  (table) => (a) => `DELETE FROM ${table} WHERE id = ${one(table, a)}`,
)

async function clear(lab: TenantLab): Promise<void> {
  // The versions of objects that are gone keep a bucket from going.
  await lab.user.run('UPDATE bucket SET force_destroy = true')
  // What AWS refuses, such as a tag with a quote at a policy, goes with its row.
  await lab.call('iasql_apply').catch(() => undefined)
  await lab.user.transaction(async (transaction) => {
    for (const table of cleared) await transaction.run(`DELETE FROM ${table}`)
  })
  await lab.call('iasql_apply')
}

const numRuns = Number(process.env.HISTORIES ?? 5)

test('the statements of any history of names, documents and contents make the same tables elsewhere', async () => {
  const steps = stepOf(statementOf({ inserts, updates, deletes }))
  const told = await expectSameTables(histories, { steps, clear, numRuns })

  expect(told).toBeGreaterThan(numRuns * 3)
}, 600_000)

test('the audit log adds up to the tables of names, documents and contents', () => expectSummedUp(histories))
