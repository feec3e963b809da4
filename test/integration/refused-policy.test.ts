/** A policy that AWS refuses: told in its words, and nothing half-done; an apply keeps the rest, a commit takes it back. */
import { IAMClient, ListPoliciesCommand, ListRolesCommand } from '@aws-sdk/client-iam'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { IasqlError } from '#engine/model/error.ts'
import { type LabSession, openSession, sessionLab } from '#test/support/session.ts'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
let ann: LabSession
let iam: IAMClient

beforeAll(async () => {
  lab = await openTenantLab()
  await lab.call('iasql_install', [['aws_iam']])
  ann = await openSession(sessionLab(lab), 'ann')
  iam = new IAMClient({
    region: 'us-east-1',
    endpoint: lab.endpoint,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  })
})
afterAll(() => lab?.close())
beforeEach(async () => {
  await lab.user.run('DELETE FROM iam_policy')
  await lab.user.run('DELETE FROM iam_role')
  await lab.call('iasql_apply')
})

const trust = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
}
const refused = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'no-service', Resource: '*' }],
}
const edits = [
  `INSERT INTO iam_role (role_name, assume_role_policy_document) VALUES ('app', '${JSON.stringify(trust)}')`,
  `INSERT INTO iam_policy (policy_name, policy_document) VALUES ('broken', '${JSON.stringify(refused)}')`,
]

const inCloud = async () => {
  const { Roles = [] } = await iam.send(new ListRolesCommand({}))
  const { Policies = [] } = await iam.send(new ListPoliciesCommand({ Scope: 'Local' }))
  return [...Roles.map(({ RoleName }) => RoleName), ...Policies.map(({ PolicyName }) => PolicyName)]
}
const planned = async () =>
  (await lab.call('iasql_preview')).map(({ description }) => String(description).split(':')[0])

test('a commit takes all of it back, in tables and cloud', async () => {
  await ann.call('iasql_begin')
  await ann.write(...edits)

  const error = await ann.refusal('iasql_commit')

  expect(error).toMatchObject({ code: 'transaction/undone', sqlstate: 'IQ002' })
  expect(error.message).toContain('all of it was undone')
  expect(error.message).toContain('1 of 2 changes failed')
  expect(error.detail).toMatch(/^create iam_policy broken: CreatePolicy: /)
  expect(await inCloud()).toEqual([])
  expect(await lab.user.query('SELECT role_name FROM iam_role')).toEqual([])
  expect(await lab.user.query('SELECT policy_name FROM iam_policy')).toEqual([])
  expect(await planned()).toEqual([])
})

test('an apply keeps the rest, and the row waits to be corrected', async () => {
  await ann.write(...edits)

  const error = await ann.refusal('iasql_apply')
  const left = await planned()
  await ann.write(
    `UPDATE iam_policy SET policy_document = '${JSON.stringify(refused).replace('no-service', 's3:GetObject')}'`,
  )
  const done = await ann.call('iasql_apply')

  expect(error).toBeInstanceOf(IasqlError)
  expect(error).toMatchObject({ code: 'apply/changes-failed', sqlstate: 'IQ001' })
  expect(error.message).toMatch(/^1 of 2 changes failed\. CreatePolicy: /)
  expect(left).toEqual(['iam_policy broken'])
  expect(done.map(({ description }) => description)).toEqual(['iam_policy broken'])
  expect(await inCloud()).toEqual(['app', 'broken'])
})
