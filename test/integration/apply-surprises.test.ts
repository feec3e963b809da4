/** What an apply finds otherwise than the plan knew: the next plan starts from there, and nothing goes too early. */
import { DescribeSubnetsCommand, EC2Client } from '@aws-sdk/client-ec2'
import { GetQueueUrlCommand, SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { lineOf, openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
beforeAll(async () => {
  lab = await openTenantLab()
  await lab.call('iasql_install', [['aws_vpc', 'aws_sqs']])
})
afterAll(() => lab.close())

const settings = () => ({
  endpoint: lab.endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
})

test('a conflict first seen by an apply is shown by the next preview, and the table wins then', async () => {
  await lab.user.run(`INSERT INTO queue (name) VALUES ('surprised')`)
  await lab.call('iasql_apply')
  const sqs = new SQSClient(settings())
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: 'surprised' }))
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { DelaySeconds: '9' } }))
  await lab.user.run(`UPDATE queue SET delay_seconds = 2 WHERE name = 'surprised'`)

  await expect(lab.call('iasql_apply')).rejects.toMatchObject({
    message: expect.stringContaining('delay_seconds is 9 there'),
    hint: expect.stringContaining('iasql_preview()'),
  })

  expect(await lab.call('iasql_preview')).toMatchObject([{ changed: { delay_seconds: { from: 9, to: 2 } } }])
  expect((await lab.call('iasql_apply')).map(lineOf)).toEqual(['update queue'])
})

test('what depends on a replaced network stays until the new network is there', async () => {
  await lab.user.run(`INSERT INTO vpc (cidr_block, tags) VALUES ('10.61.0.0/16', '{"Name":"kept"}')`)
  await lab.user.run(
    `INSERT INTO subnet (vpc_id, cidr_block) SELECT id, '10.61.1.0/24' FROM vpc WHERE tags->>'Name' = 'kept'`,
  )
  await lab.call('iasql_apply')
  const ec2 = new EC2Client(settings())
  const subnets = async () => {
    const Filters = [{ Name: 'cidr-block', Values: ['10.61.1.0/24'] }]
    const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({ Filters }))
    return Subnets.map(({ SubnetId }) => SubnetId)
  }
  const before = await subnets()
  await lab.user.run(`UPDATE vpc SET cidr_block = '10.0.0.0/8' WHERE tags->>'Name' = 'kept'`)

  await expect(lab.call('iasql_apply')).rejects.toMatchObject({ sqlstate: 'IQ001' })

  expect(await subnets()).toEqual(before)
  await lab.user.run(`UPDATE vpc SET cidr_block = '10.61.0.0/16' WHERE tags->>'Name' = 'kept'`)
  expect(await lab.call('iasql_preview')).toEqual([])
})

test.each(['iasql:token', 'aws:cloudformation:stack'])('a tag named %s is no user’s to set', async (name) => {
  await expect(
    lab.user.run(`INSERT INTO queue (name, tags) VALUES ('tagged', '{"${name}":"x"}')`),
  ).rejects.toThrow('queue_tags_check')
})

test('an uninstall says how many edits go with the tables', async () => {
  await lab.user.run(`UPDATE queue SET delay_seconds = 5 WHERE name = 'surprised'`)

  await lab.call('iasql_uninstall', [['aws_sqs']])

  const notices = await lab.user.query<{ message: string }>(
    `SELECT body->>'message' AS message FROM iasql_event WHERE kind = 'notice' ORDER BY at DESC LIMIT 1`,
  )
  expect(notices).toEqual([{ message: 'Edits of 1 row were not applied; they go with the tables.' }])
})
