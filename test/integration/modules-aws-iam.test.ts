/** Roles, policies and users as people use them: many at once, taken apart in any order, and what AWS owns left alone. */
import {
  CreateServiceLinkedRoleCommand,
  CreateUserCommand,
  GetPolicyCommand,
  IAMClient,
  ListAttachedRolePoliciesCommand,
  ListRolesCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { CloudApi } from '#engine/model/cloud.ts'
import { IasqlError } from '#engine/model/error.ts'
import type { Cloud } from '#operations/ports.ts'
import { lineOf, openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
let iam: IAMClient
let isDenied = false

/** Access keys are not listed while that is denied. */
const denying = (cloud: Cloud): Cloud => ({
  ...cloud,
  settleMs: (published) => cloud.settleMs(published),
  api: (client, place, signal) => {
    const api = cloud.api(client, place, signal)
    const pages: CloudApi['pages'] = (command, input, items) => {
      if (isDenied && command.name === 'ListAccessKeysCommand')
        throw new IasqlError('cloud/denied', 'ListAccessKeys: not allowed')
      return api.pages(command, input, items)
    }
    return { ...api, pages }
  },
})

beforeAll(async () => {
  lab = await openTenantLab({ wrapCloud: denying })
  iam = new IAMClient({
    region: 'us-east-1',
    endpoint: lab.endpoint,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  })
  await lab.call('iasql_install', [['aws_iam']])
})
afterAll(() => lab?.close())

const tables = [
  'access_key',
  'user_policy_attachment',
  'user_policy',
  'iam_user',
  'instance_profile',
  'role_policy_attachment',
  'role_policy',
  'iam_role',
  'iam_policy',
]

beforeEach(async () => {
  isDenied = false
  const gone = tables.map((table) => `d_${table} AS (DELETE FROM ${table})`).join(', ')
  await lab.user.run(`WITH ${gone} SELECT`)
  await lab.call('iasql_apply')
})

const ofType = async (sql: string): Promise<readonly unknown[]> =>
  (await lab.user.query<{ value: unknown }>(sql)).map(({ value }) => value)
const planned = async (): Promise<readonly string[]> => (await lab.call('iasql_preview')).map(lineOf)
const applied = async (): Promise<readonly string[]> => {
  const rows = await lab.call('iasql_apply')
  expect(await planned(), 'the plan after an apply').toEqual([])
  return rows.map(lineOf)
}
const roleNames = async (): Promise<readonly (string | undefined)[]> =>
  ((await iam.send(new ListRolesCommand({ MaxItems: 1_000 }))).Roles ?? []).map(({ RoleName }) => RoleName)
const writes = (): readonly string[] =>
  lab.calls.map(({ operation }) => operation).filter((operation) => !/^(Get|List)/.test(operation))

const trust = `'{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
  "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}'::jsonb`
const reads = `'{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject",
  "Resource": "*"}]}'::jsonb`

const insertRole = (name: string): Promise<unknown> =>
  lab.user.run(`INSERT INTO iam_role (role_name, assume_role_policy_document) VALUES (:name, ${trust})`, {
    name,
  })
/** A role with one of everything that hangs on it. */
const insertFamily = async (): Promise<void> => {
  await insertRole('worker')
  await lab.user.run(`INSERT INTO iam_policy (policy_name, policy_document) VALUES ('reads', ${reads})`)
  await lab.user.run(`INSERT INTO role_policy (role_name, policy_name, policy_document)
    VALUES ('worker', 'inline', ${reads})`)
  await lab.user.run(`INSERT INTO role_policy_attachment (role_name, policy_id)
    VALUES ('worker', find_iam_policy('reads'))`)
  await lab.user.run(`INSERT INTO role_policy_attachment (role_name, policy_arn)
    VALUES ('worker', 'arn:aws:iam::aws:policy/ReadOnlyAccess')`)
  await lab.user.run(`INSERT INTO instance_profile (instance_profile_name, role_name)
    VALUES ('worker', 'worker')`)
}

test('a hundred roles of one INSERT, and a policy for each, are made by one apply', async () => {
  await lab.user.run(`INSERT INTO iam_role (role_name, assume_role_policy_document)
    SELECT 'worker-' || n, ${trust} FROM generate_series(1, 100) n`)
  await lab.user.run(`INSERT INTO role_policy_attachment (role_name, policy_arn)
    SELECT role_name, 'arn:aws:iam::aws:policy/ReadOnlyAccess' FROM iam_role`)
  lab.calls.length = 0

  const done = await applied()

  expect(done.filter((line) => line === 'create iam_role')).toHaveLength(100)
  expect(await roleNames()).toHaveLength(100)
  expect(writes().filter((operation) => operation === 'CreateRole')).toHaveLength(100)
  expect(writes().filter((operation) => operation === 'AttachRolePolicy')).toHaveLength(100)
  const arns = await ofType('SELECT arn AS value FROM iam_role WHERE arn IS NOT NULL')
  expect(arns).toHaveLength(100)
})

test('a role goes after all that hangs on it, whatever the order of the statements', async () => {
  await insertFamily()
  await applied()
  lab.calls.length = 0

  await lab.user.run(`WITH r AS (DELETE FROM iam_role), p AS (DELETE FROM iam_policy),
    i AS (DELETE FROM role_policy), a AS (DELETE FROM role_policy_attachment) DELETE FROM instance_profile`)
  const done = await applied()

  expect(done).toHaveLength(6)
  expect(await roleNames()).toEqual([])
  const order = writes()
  expect(order.at(-1)).toMatch(/^Delete(Role|Policy)$/)
  expect(order.indexOf('DeleteRole')).toBeGreaterThan(order.indexOf('DeleteRolePolicy'))
  expect(order.indexOf('DeleteRole')).toBeGreaterThan(order.lastIndexOf('DetachRolePolicy'))
  expect(order.indexOf('DeleteRole')).toBeGreaterThan(order.indexOf('RemoveRoleFromInstanceProfile'))
})

test('a role that still has policies is not deleted without them', async () => {
  await insertFamily()

  const deleting = lab.user.run("DELETE FROM iam_role WHERE role_name = 'worker'")

  await expect(deleting).rejects.toThrow('foreign key')
})

test('the same policy in another shape is no change, on either side', async () => {
  await insertFamily()
  await applied()

  await lab.user.run(`UPDATE role_policy SET policy_document = '{"Statement": {"Resource": ["*"],
    "Action": ["S3:getobject"], "Effect": "Allow", "Sid": ""}, "Version": "2012-10-17"}'`)
  await lab.user.run(`UPDATE iam_role SET assume_role_policy_document = '{"Version": "2012-10-17", "Statement":
    {"Action": ["sts:AssumeRole"], "Effect": "Allow", "Principal": {"Service": ["ec2.amazonaws.com"]}}}'`)
  const plan = await planned()
  const PolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Resource: ['*', '*'], Effect: 'Allow', Action: ['s3:GetObject'] }],
  })
  await iam.send(new PutRolePolicyCommand({ RoleName: 'worker', PolicyName: 'inline', PolicyDocument }))
  const synced = await lab.call('iasql_sync', [['role_policy']])

  expect(plan).toEqual([])
  expect(synced.map(lineOf)).toEqual([])
})

test('a policy whose description changes is made anew under its name, and its roles have it again', async () => {
  await insertFamily()
  await lab.user.run(`UPDATE iam_role SET permissions_boundary_id = find_iam_policy('reads')`)
  await applied()

  await lab.user.run("UPDATE iam_policy SET description = 'Reads all'")
  const done = await applied()

  const PolicyArn = 'arn:aws:iam::123456789012:policy/reads'
  const { Policy } = await iam.send(new GetPolicyCommand({ PolicyArn }))
  const { AttachedPolicies } = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName: 'worker' }))
  expect(done).toContain('replace iam_policy')
  expect(Policy?.Description).toBe('Reads all')
  expect(AttachedPolicies?.map((policy) => policy.PolicyArn)).toContain(PolicyArn)
})

test('a role that moves to another path is made anew with all that hangs on it', async () => {
  await insertFamily()
  await applied()

  await lab.user.run("UPDATE iam_role SET path = '/workers/'")
  const done = await applied()

  expect(done).toContain('replace iam_role')
  expect(await ofType('SELECT arn AS value FROM iam_role')).toEqual([
    'arn:aws:iam::123456789012:role/workers/worker',
  ])
  const { AttachedPolicies } = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName: 'worker' }))
  expect(AttachedPolicies).toHaveLength(2)
  expect((await lab.call('iasql_sync')).map(lineOf)).toEqual([])
})

test('an attachment names one policy, once', async () => {
  await insertFamily()

  const both = lab.user.run(`INSERT INTO role_policy_attachment (role_name, policy_id, policy_arn)
    VALUES ('worker', find_iam_policy('reads'), 'arn:aws:iam::aws:policy/SecurityAudit')`)
  await expect(both).rejects.toThrow('either_policy_id_or_policy_arn')
  const again = lab.user.run(`INSERT INTO role_policy_attachment (role_name, policy_arn)
    VALUES ('worker', 'arn:aws:iam::aws:policy/ReadOnlyAccess')`)
  await expect(again).rejects.toThrow('duplicate key')
})

test('an access key is requested, switched off and deleted, and never inserted', async () => {
  await lab.user.run("INSERT INTO iam_user (user_name) VALUES ('ann')")
  await applied()

  const [key] = await lab.call('access_key_request', ['ann'])
  const made = await ofType('SELECT access_key_id AS value FROM access_key')
  await lab.user.run("UPDATE access_key SET status = 'Inactive'")
  const switched = await applied()
  await lab.user.run('DELETE FROM access_key')
  const ended = await applied()
  const inserting = lab.user.run("INSERT INTO access_key (user_name) VALUES ('ann')")

  expect(made).toEqual([key?.accesskeyid])
  expect([switched, ended]).toEqual([['update access_key'], ['delete access_key']])
  await expect(inserting).rejects.toThrow('an_access_key_is_not_inserted')
})

test('the secret of a key that was made is shown also where the key cannot be listed', async () => {
  await iam.send(new CreateUserCommand({ UserName: 'bob' }))
  isDenied = true

  const [key] = await lab.call('access_key_request', ['bob'])

  expect(String(key?.secretaccesskey)).toHaveLength(40)
  expect(await ofType('SELECT user_name AS value FROM iam_user')).toEqual(['bob'])
  expect(await ofType('SELECT user_name AS value FROM access_key')).toEqual([])
  isDenied = false
  await lab.call('iasql_sync')
  expect(await ofType('SELECT access_key_id AS value FROM access_key')).toEqual([key?.accesskeyid])
})

test('an uninstall and an install find all of it again', async () => {
  await insertFamily()
  await applied()
  const counts = tables.map((table) => `(SELECT count(*)::int FROM ${table})`).join(' + ')
  const before = await ofType(`SELECT ${counts} AS value`)

  await lab.call('iasql_uninstall', [['aws_iam']])
  await lab.call('iasql_install', [['aws_iam']])

  expect(await ofType(`SELECT ${counts} AS value`)).toEqual(before)
  expect(await planned()).toEqual([])
})

test('a role that AWS made for a service is shown and only read', async () => {
  await iam.send(new CreateServiceLinkedRoleCommand({ AWSServiceName: 'autoscaling.amazonaws.com' }))
  await lab.call('iasql_sync')

  const changing = lab.user.run("UPDATE iam_role SET description = 'mine'")
  await expect(changing).rejects.toThrow('external row')
  await lab.user.run('DELETE FROM iam_role')
  const done = await applied()

  expect(done).toEqual([])
  expect(await ofType('SELECT role_name AS value FROM iam_role')).toEqual(['AWSServiceRoleForAutoScaling'])
})
