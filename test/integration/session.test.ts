import { readFileSync } from 'node:fs'
import { DescribeSubnetsCommand, DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2'
import { GetQueueAttributesCommand, ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BareClient, type RunResult } from '../support/bare-client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
let client: BareClient
let ec2: EC2Client
let sqs: SQSClient

beforeAll(async () => {
  server = await startTestServer()
  client = await BareClient.open(server.url, server.token)
  ec2 = new EC2Client(server.awsConfiguration)
  sqs = new SQSClient(server.awsConfiguration)
})

afterAll(async () => {
  client?.close()
  await server?.stop()
})

const expectNoErrors = (result: RunResult) => {
  expect(result.statements.map((statement) => statement.error).filter(Boolean)).toEqual([])
  expect(result.state).toBe('succeeded')
}

const firstVpc = async () =>
  (await ec2.send(new DescribeVpcsCommand({ Filters: [{ Name: 'tag:Name', Values: ['first'] }] }))).Vpcs ?? []

test('installs, creates, changes and removes in one script, each statement seeing what the one before did', async () => {
  const sql = readFileSync(new URL('../../examples/first-session.sql', import.meta.url), 'utf8')

  const result = await client.run(sql)

  expectNoErrors(result)
  expect(result.statements.map((statement) => statement.tag)).toEqual([
    'SELECT 10',
    'INSERT 0 1',
    'INSERT 0 1',
    'INSERT 0 1',
    'SELECT 3',
    'SELECT 3',
    'SELECT 1',
    'UPDATE 1',
    'SELECT 1',
    'SELECT 1',
    'SELECT 0',
    'DELETE 1',
    'DELETE 1',
    'DELETE 1',
    'SELECT 3',
    'SELECT 1',
  ])
  expect(result.statements[6]?.rows).toEqual([['10.0.0.0/16', 'available', 't']])
  expect(result.statements[15]?.rows).toEqual([['0']])
  expect(await firstVpc()).toEqual([])
})

test('the cloud has what the tables say, and the tables follow what changes behind their back', async () => {
  const created = await client.run(`
    INSERT INTO vpc (cidr_block, tags) VALUES ('10.1.0.0/16', '{"Name":"first"}');
    INSERT INTO subnet (vpc_id, cidr_block, availability_zone)
      SELECT id, '10.1.1.0/24', 'us-east-1a' FROM vpc WHERE tags->>'Name' = 'first';
    INSERT INTO queue (name, visibility_timeout) VALUES ('jobs-2', 45);
    SELECT * FROM iasql_apply();
  `)

  expectNoErrors(created)
  const [vpc] = await firstVpc()
  const subnets = await ec2.send(
    new DescribeSubnetsCommand({ Filters: [{ Name: 'vpc-id', Values: [vpc?.VpcId ?? ''] }] }),
  )
  expect(subnets.Subnets?.map((subnet) => subnet.CidrBlock)).toEqual(['10.1.1.0/24'])
  const queues = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: 'jobs-2' }))
  const attributes = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queues.QueueUrls?.[0], AttributeNames: ['VisibilityTimeout'] }),
  )
  expect(attributes.Attributes?.VisibilityTimeout).toBe('45')
})

test('resumes nothing and repeats nothing when the same run is sent twice', async () => {
  const first = await client.run('CREATE TABLE visits (n int); INSERT INTO visits VALUES (1)')

  client.send({ action: 'run', runId: first.runId, sql: 'INSERT INTO visits VALUES (1)' })
  const count = await client.run('SELECT count(*) FROM visits')

  expect(count.statements[0]?.rows).toEqual([['1']])
})
