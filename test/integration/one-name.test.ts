/** A row has one name, in previews, results, refusals, reviews and syncs: a reference in it is the name of its target. */
import { CreateSecurityGroupCommand, DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LabSession, openSession, sessionLab } from '#test/support/session.ts'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
let ann: LabSession
let bob: LabSession
let ec2: EC2Client

beforeAll(async () => {
  lab = await openTenantLab()
  await lab.call('iasql_install', [['aws_vpc', 'aws_security_group']])
  ann = await openSession(sessionLab(lab), 'ann')
  bob = await openSession(sessionLab(lab), 'bob')
  ec2 = new EC2Client({
    region: 'us-east-1',
    endpoint: lab.endpoint,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  })
  await lab.user.run(`INSERT INTO vpc (cidr_block, tags) VALUES ('10.3.0.0/16', '{"Name":"shop"}')`)
  await lab.call('iasql_apply')
})
afterAll(() => lab?.close())

const group = `INSERT INTO security_group (group_name, description, vpc_id)
  SELECT 'web', 'web', id FROM vpc WHERE tags->>'Name' = 'shop'`

test('of an edit in a transaction', async () => {
  await ann.call('iasql_begin')
  await ann.write(group)

  const [previewed] = await ann.call('iasql_preview')
  const review = await ann.call('iasql_create_review', ['', ''])
  const xid = await bob.write(`UPDATE security_group SET tags = '{"of":"bob"}' WHERE group_name = 'web'`)
  const refused = await ann.refusal('iasql_rollback')
  await bob.call('iasql_revert', [xid])
  const taken = await ann.call('iasql_rollback')

  expect(previewed).toMatchObject({ natural_name: 'web/shop', description: 'security_group web/shop' })
  expect(JSON.stringify(review)).toContain('security\\\\_group web/shop')
  expect(refused.message).toContain('edited security_group web/shop since')
  expect(taken).toMatchObject([{ action: 'delete', id: 'web/shop', description: 'security_group web/shop' }])
})

test('of what a commit, a failed one, or a sync brings', async () => {
  await ann.call('iasql_begin')
  await ann.write(group)
  const committed = await ann.call('iasql_commit')
  const { Vpcs = [] } = await ec2.send(
    new DescribeVpcsCommand({ Filters: [{ Name: 'tag:Name', Values: ['shop'] }] }),
  )
  await ec2.send(
    new CreateSecurityGroupCommand({ GroupName: 'db', Description: 'db', VpcId: Vpcs[0]?.VpcId ?? '' }),
  )

  const synced = await lab.call('iasql_sync')
  const recorded = await lab.ports.platform.query<{ name: string }>(
    `SELECT natural_name AS name FROM ${lab.tenant.schema}.iasql_resource
     WHERE table_name = 'security_group' AND natural_name ~ '^(web|db)' ORDER BY 1`,
  )

  expect(committed.map(({ description }) => description)).toContain('security_group web/shop')
  expect(synced.map(({ description }) => description)).toContain('security_group db/shop')
  expect(recorded.map(({ name }) => name)).toEqual(['db/shop', 'web/shop'])
})
