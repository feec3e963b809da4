/** What AWS made along with a resource comes with it too when its creation was answered by nobody. */
import { DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { IasqlError } from '#engine/model/error.ts'
import { cancelExecution } from '#operations/execution/cancel-execution.ts'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
let isLost = false

beforeAll(async () => {
  lab = await openTenantLab({
    log: () => undefined,
    wrapCloud: (cloud) => ({
      ...cloud,
      api: (...given) => {
        const api = cloud.api(...given)
        return {
          ...api,
          async send(command, input) {
            const output = await api.send(command, input)
            if (isLost && command.name === 'CreateVpcCommand') {
              throw new IasqlError('cloud/unknown-outcome', 'CreateVpc: timeout')
            }
            return output
          },
          async *pages(command, input, items) {
            if (isLost) throw new IasqlError('cloud/unreachable', `${command.name}: timeout`)
            yield* api.pages(command, input, items)
          },
        }
      },
    }),
  })
  await lab.call('iasql_install', [['aws_vpc']])
})
afterAll(async () => {
  await lab.close()
})

const exists = async (cidr: string): Promise<boolean> => {
  const ec2 = new EC2Client({
    region: 'us-east-1',
    endpoint: lab.endpoint,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  })
  const { Vpcs = [] } = await ec2.send(new DescribeVpcsCommand({}))
  return Vpcs.some(({ CidrBlock }) => CidrBlock === cidr)
}

test('even of a row that was edited before the next apply settled it', async () => {
  await lab.user.run(`INSERT INTO vpc (cidr_block) VALUES ('10.40.0.0/16')`)
  isLost = true
  const executionId = await lab.begin('iasql_apply')
  const driving = lab.drive(executionId)
  await expect.poll(() => exists('10.40.0.0/16')).toBe(true)
  await cancelExecution(lab.ports, lab.tenant, executionId)
  await driving
  isLost = false
  await lab.user.run(`UPDATE vpc SET tags = '{"Name":"kept"}' WHERE cidr_block = '10.40.0.0/16'`)

  await lab.call('iasql_apply')

  expect(
    await lab.user.query(
      `SELECT t.is_main, r.destination FROM vpc v JOIN route_table t ON t.vpc_id = v.id JOIN route r ON r.route_table_id = t.id
       WHERE v.tags->>'Name' = 'kept'`,
    ),
  ).toEqual([{ is_main: true, destination: '10.40.0.0/16' }])
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await lab.call('iasql_sync')).toEqual([])
})
