/** The process dies in the middle of an apply: the next one finds out what became of its calls, and nothing is made twice. */
import { DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2'
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ListQueuesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { CloudApi } from '#engine/model/cloud.ts'
import { recoverExecutions } from '#operations/execution/recover-executions.ts'
import { stepExecution } from '#operations/execution/step-execution.ts'
import type { Cloud } from '#operations/ports.ts'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
/** The operation at which the process dies, and whether AWS still hears it. */
let death: { readonly operation: string; readonly after: boolean } | undefined

class Died extends Error {}

const mortal = (cloud: Cloud): Cloud => ({
  ...cloud,
  api: (...given) => {
    const api = cloud.api(...given)
    const send: CloudApi['send'] = async (command, input) => {
      const isFatal = death !== undefined && command.name === `${death.operation}Command`
      if (isFatal && !death?.after) throw await die()
      const output = await api.send(command, input)
      if (isFatal) throw await die()
      return output
    }
    return { ...api, send }
  },
})

/** Memory is dropped: nothing that this process would still do may reach the database. */
const die = async (): Promise<Died> => {
  await lab.ports.platform.run(
    `UPDATE ${lab.tenant.schema}.iasql_execution_record SET fence = fence + 1 WHERE ended_at IS NULL`,
  )
  return new Died()
}

beforeAll(async () => {
  lab = await openTenantLab({ wrapCloud: mortal, log: () => undefined })
  await lab.call('iasql_install', [['aws_vpc', 'aws_sqs']])
})
beforeEach(() => {
  death = undefined
})
afterAll(async () => {
  await lab.close()
})

const dieAndRecover = async (): Promise<void> => {
  const executionId = await lab.begin('iasql_apply')
  await stepExecution(lab.ports, { tenantId: lab.tenant.id, executionId })
  death = undefined
  lab.started.length = 0
  await recoverExecutions(lab.ports, { sole: true })
  expect(lab.started).toEqual([executionId])
  await lab.drive(executionId)
}

const options = () => ({
  region: 'us-east-1',
  endpoint: lab.endpoint,
  credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
})

test.each([
  { operation: 'CreateVpc', after: true, cidr: '10.20.0.0/16' },
  { operation: 'CreateVpc', after: false, cidr: '10.21.0.0/16' },
])('makes one network when it dies at $operation (heard: $after)', async ({ cidr, ...at }) => {
  await lab.user.run(`INSERT INTO vpc (cidr_block) VALUES ('${cidr}')`)
  death = at

  await dieAndRecover()

  const { Vpcs = [] } = await new EC2Client(options()).send(new DescribeVpcsCommand({}))
  expect(Vpcs.filter((vpc) => vpc.CidrBlock === cidr)).toHaveLength(1)
  const rows = await lab.user.query<{ vpc_id: string }>(`SELECT vpc_id FROM vpc WHERE cidr_block = '${cidr}'`)
  expect(rows[0]?.vpc_id).toBe(Vpcs.find((vpc) => vpc.CidrBlock === cidr)?.VpcId)
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await lab.call('iasql_sync')).toEqual([])
})

test.each([true, false])('makes one queue when it dies at CreateQueue (heard: %s)', async (after) => {
  const name = after ? 'heard' : 'unheard'
  await lab.user.run(`INSERT INTO queue (name, visibility_timeout) VALUES ('${name}', 41)`)
  death = { operation: 'CreateQueue', after }

  await dieAndRecover()

  const { QueueUrls = [] } = await new SQSClient(options()).send(new ListQueuesCommand({}))
  expect(QueueUrls.filter((url) => url.endsWith(`/${name}`))).toHaveLength(1)
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await lab.call('iasql_sync')).toEqual([])
})

test('finishes an update and a delete that were cut off', async () => {
  await lab.user.run(`UPDATE queue SET visibility_timeout = 42 WHERE name = 'heard'`)
  death = { operation: 'SetQueueAttributes', after: true }
  await dieAndRecover()
  await lab.user.run(`DELETE FROM queue WHERE name = 'unheard'`)
  death = { operation: 'DeleteQueue', after: true }
  await dieAndRecover()

  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await lab.call('iasql_sync')).toEqual([])
  expect(await lab.user.query('SELECT name, visibility_timeout FROM queue')).toEqual([
    { name: 'heard', visibility_timeout: 42 },
  ])
})

test.each([true, false])(
  'takes over no more than was said when it dies at that (heard: %s)',
  async (after) => {
    const [sqs, QueueName] = [new SQSClient(options()), after ? 'taken' : 'nearly-taken']
    const Attributes = { VisibilityTimeout: '77', DelaySeconds: '20' }
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }))
    await lab.user.run(`INSERT INTO queue (name, delay_seconds) VALUES ('${QueueName}', 25)`)
    await lab.call('iasql_preview')
    death = { operation: 'SetQueueAttributes', after }

    await dieAndRecover()

    const told = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))
    expect(told.Attributes).toMatchObject({ VisibilityTimeout: '77', DelaySeconds: '25' })
    expect(
      await lab.user.query(`SELECT visibility_timeout, delay_seconds FROM queue WHERE name = '${QueueName}'`),
    ).toEqual([{ visibility_timeout: 77, delay_seconds: 25 }])
    expect(await lab.call('iasql_preview')).toEqual([])
    expect(await lab.call('iasql_sync')).toEqual([])
  },
)
