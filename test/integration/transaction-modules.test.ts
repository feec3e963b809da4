/** A commit over several services, of which one refuses one change: tables and AWS stand as they did before. */
import {
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2'
import { IAMClient, ListRolePoliciesCommand, ListRolesCommand } from '@aws-sdk/client-iam'
import {
  GetBucketLifecycleConfigurationCommand,
  GetBucketTaggingCommand,
  ListBucketsCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { GetQueueAttributesCommand, ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { modules } from '#modules/registry.ts'
import { type LabSession, openSession, sessionLab } from '#test/support/session.ts'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

const installed = ['aws_security_group', 'aws_iam', 'aws_s3', 'aws_sqs']
const trust = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
}
const refused = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'no-service', Resource: '*' }],
}

let lab: TenantLab
let ann: LabSession
let ec2: EC2Client
let iam: IAMClient
let s3: S3Client
let sqs: SQSClient

beforeAll(async () => {
  lab = await openTenantLab()
  ann = await openSession(sessionLab(lab), 'ann')
  const configuration = {
    region: 'us-east-1',
    endpoint: lab.endpoint,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  }
  ec2 = new EC2Client(configuration)
  iam = new IAMClient(configuration)
  s3 = new S3Client({ ...configuration, forcePathStyle: true })
  sqs = new SQSClient(configuration)
  await lab.call('iasql_install', [installed])
})
afterAll(async () => {
  for (const client of [ec2, iam, s3, sqs]) client?.destroy()
  await lab?.close()
})

/** What users have the say in, and which row it is. */
async function tables(): Promise<Readonly<Record<string, unknown>>> {
  const found: Record<string, unknown> = {}
  for (const module of modules.filter(({ name }) => installed.includes(name)))
    for (const { name, columns } of module.tables) {
      const own = Object.keys(columns).filter((column) => columns[column]?.nature !== 'output')
      const names = ['id', ...own].map((column) => `"${column}"`).join(', ')
      found[name] = await lab.user.query(`SELECT ${names} FROM ${name} ORDER BY id`)
    }
  return found
}

const absent = async <Answer>(call: Promise<Answer>): Promise<Answer | undefined> =>
  call.catch((error: Error) => {
    if (/^NoSuch/.test(error.name)) return undefined
    throw error
  })

/** As AWS tells of it, without when anything was made. */
async function cloud(): Promise<unknown> {
  const { SecurityGroups } = await ec2.send(new DescribeSecurityGroupsCommand({}))
  const { SecurityGroupRules } = await ec2.send(new DescribeSecurityGroupRulesCommand({}))
  const { Roles = [] } = await iam.send(new ListRolesCommand({}))
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}))
  const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}))
  const roles = Roles.map(async ({ RoleName, Description, AssumeRolePolicyDocument }) => ({
    ...{ RoleName, Description, AssumeRolePolicyDocument },
    policies: (await iam.send(new ListRolePoliciesCommand({ RoleName }))).PolicyNames,
  }))
  const buckets = Buckets.map(async ({ Name: Bucket }) => ({
    Bucket,
    tags: (await absent(s3.send(new GetBucketTaggingCommand({ Bucket }))))?.TagSet,
    rules: (await absent(s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }))))?.Rules,
  }))
  const queues = QueueUrls.sort().map(async (QueueUrl) => {
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
    )
    const { CreatedTimestamp: _, LastModifiedTimestamp: __, ...rest } = Attributes ?? {}
    return rest
  })
  return {
    groups: SecurityGroups,
    rules: SecurityGroupRules,
    roles: await Promise.all(roles),
    buckets: await Promise.all(buckets),
    queues: await Promise.all(queues),
  }
}

const rule = (group: string, port: number): string =>
  `INSERT INTO security_group_rule (security_group_id, is_egress, ip_protocol, from_port, to_port, cidr_ipv4, description)
   SELECT id, false, 'tcp', ${port}, ${port}, '198.51.100.0/24', 'The office' FROM security_group WHERE group_name = '${group}'`

const doneAndUndone = [
  ...['CreateSecurityGroup', 'DeleteSecurityGroup', 'ModifySecurityGroupRules'],
  ...['CreateRole', 'UpdateRole', 'DeleteRole'],
  ...['CreateBucket', 'PutBucketTagging', 'PutBucketLifecycleConfiguration', 'DeleteBucket'],
  'SetQueueAttributes',
]

test('one refused policy takes back what four services had done', async () => {
  await ann.write(
    `INSERT INTO security_group (group_name, description) VALUES ('web', 'Servers')`,
    rule('web', 443),
    `INSERT INTO iam_role (role_name, description, assume_role_policy_document)
     VALUES ('app', 'Shop', '${JSON.stringify(trust)}')`,
    `INSERT INTO bucket (name, tags) VALUES ('shop-files', '{"team":"shop"}')`,
    `INSERT INTO queue (name, visibility_timeout) VALUES ('orders', 60), ('old-orders', 90)`,
  )
  await lab.call('iasql_apply')
  const before = { tables: await tables(), cloud: await cloud() }
  await ann.call('iasql_begin')
  await ann.write(
    `INSERT INTO security_group (group_name, description) VALUES ('db', 'Databases')`,
    rule('db', 5432),
    `UPDATE security_group_rule SET from_port = 80, description = 'All of it' WHERE from_port = 443`,
    `UPDATE iam_role SET description = 'Shop and stock' WHERE role_name = 'app'`,
    `INSERT INTO iam_role (role_name, assume_role_policy_document) VALUES ('worker', '${JSON.stringify(trust)}')`,
    `UPDATE bucket SET tags = '{"team":"stock"}',
       lifecycle_rules = '[{"Status":"Enabled","Filter":{"Prefix":"drafts/"},"Expiration":{"Days":30}}]'`,
    `INSERT INTO bucket (name) VALUES ('stock-files')`,
    `UPDATE queue SET visibility_timeout = 120 WHERE name = 'orders'`,
    `DELETE FROM queue WHERE name = 'old-orders'`,
    `INSERT INTO role_policy (role_name, policy_name, policy_document)
     VALUES ('worker', 'broken', '${JSON.stringify(refused)}')`,
  )
  const called = lab.calls.length

  const error = await ann.refusal('iasql_commit', ['stock'])

  const operations = new Set(lab.calls.slice(called).map(({ operation }) => operation))
  expect(error).toMatchObject({ code: 'transaction/undone', sqlstate: 'IQ002' })
  expect(error.detail).toMatch(/^create role_policy .*PutRolePolicy/)
  expect(doneAndUndone.filter((operation) => !operations.has(operation))).toEqual([])
  expect(await tables()).toEqual(before.tables)
  expect(await cloud()).toEqual(before.cloud)
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await lab.call('iasql_sync')).toEqual([])
})
