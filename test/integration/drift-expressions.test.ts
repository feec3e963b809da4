/** A row that holds an expression keeps it: what the cloud has instead is listed, and the next apply writes it back. */
import {
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { formatExpression } from '#engine/expression/expression.ts'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

const expression = formatExpression({ table: 'queue', id: 1, column: 'arn' })
let lab: TenantLab
let sqs: SQSClient

beforeAll(async () => {
  lab = await openTenantLab()
  sqs = new SQSClient({
    region: 'us-east-1',
    endpoint: lab.endpoint,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  })
  await lab.call('iasql_install', [['aws_sqs']])
  await lab.user.run(`INSERT INTO queue (name) VALUES ('target')`)
  await lab.user.run(`INSERT INTO queue (name, policy) SELECT 'holder', jsonb_build_object('Version', '2012-10-17',
    'Statement', jsonb_build_object('Effect', 'Allow', 'Principal', '*', 'Action', 'sqs:SendMessage',
      'Resource', iasql_ref('queue', id, 'arn'))) FROM queue`)
  await lab.call('iasql_apply')
})
afterAll(async () => {
  await lab.close()
})

const urlOf = async (QueueName: string): Promise<string> =>
  (await sqs.send(new GetQueueUrlCommand({ QueueName }))).QueueUrl ?? ''
const allowed = async (): Promise<string> => {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: await urlOf('holder'), AttributeNames: ['All'] }),
  )
  return Attributes?.Policy ?? ''
}
const allowAll = async (): Promise<void> => {
  const Statement = [{ Effect: 'Allow', Principal: '*', Action: 'sqs:*', Resource: '*' }]
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement })
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl: await urlOf('holder'), Attributes: { Policy } }))
}
const drift = (): Promise<readonly object[]> =>
  lab.user.query('SELECT natural_name, column_name, policy, cloud_value FROM iasql_drift')
const written = async (): Promise<string> =>
  JSON.stringify(await lab.user.query(`SELECT policy FROM queue WHERE name = 'holder'`))

test('is listed as enforced and written back, and the row never loses its expression', async () => {
  await allowAll()

  expect(await lab.call('iasql_sync')).toEqual([])
  expect(await drift()).toMatchObject([
    {
      natural_name: 'holder',
      column_name: 'policy',
      policy: 'enforce',
      cloud_value: { Statement: [{ Action: 'sqs:*' }] },
    },
  ])
  expect(await lab.call('iasql_preview')).toMatchObject([{ action: 'update', natural_name: 'holder' }])
  expect(await lab.call('iasql_apply')).toMatchObject([{ action: 'update' }])

  expect(await allowed()).toContain('arn:aws:sqs:us-east-1:123456789012:target')
  expect(await written()).toContain(expression)
  expect(await drift()).toEqual([])
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await lab.call('iasql_sync')).toEqual([])
})

test('an edit of another column of the row writes it back as well', async () => {
  await allowAll()
  await lab.call('iasql_sync')
  await lab.user.run(`UPDATE queue SET delay_seconds = 3 WHERE name = 'holder'`)

  expect(await lab.call('iasql_apply')).toHaveLength(1)

  expect(await allowed()).toContain(':target')
  expect(await drift()).toEqual([])
})

test('observed, it is only listed', async () => {
  await lab.user.run(`INSERT INTO iasql_drift_policy VALUES ('queue', NULL, 'policy', 'observe')`)
  await allowAll()

  expect(await lab.call('iasql_sync')).toEqual([])

  expect(await drift()).toMatchObject([{ natural_name: 'holder', policy: 'observe' }])
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await written()).toContain(expression)
})
