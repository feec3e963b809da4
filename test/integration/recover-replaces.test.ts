/** A replacement that stops between its halves: neither the old network nor the new one is forgotten. */
import { DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { IasqlError } from '#engine/model/error.ts'
import { cancelExecution } from '#operations/execution/cancel-execution.ts'
import { stepExecution } from '#operations/execution/step-execution.ts'
import { closeChanges } from '#postgres/statements/change-close.ts'
import { lineOf, openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
let trouble: 'none' | 'lost' | 'denied' | 'dead' = 'none'

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
            if (command.name === 'DeleteVpcCommand' && trouble === 'denied') {
              throw new IasqlError('cloud/denied', 'not allowed')
            }
            if (command.name === 'DeleteVpcCommand' && trouble === 'dead') {
              await lab.ports.platform.run(
                `UPDATE ${lab.tenant.schema}.iasql_execution_record SET fence = fence + 1 WHERE ended_at IS NULL`,
              )
              throw new Error('the process died')
            }
            const output = await api.send(command, input)
            if (command.name === 'CreateVpcCommand' && trouble === 'lost') {
              throw new IasqlError('cloud/unknown-outcome', 'CreateVpc: timeout')
            }
            return output
          },
          async *pages(command, input, items) {
            if (trouble === 'lost' && (await networks()).some((cidr) => cidr.endsWith('.1.0.0/16'))) {
              throw new IasqlError('cloud/unknown-outcome', 'timeout')
            }
            yield* api.pages(command, input, items)
          },
        }
      },
    }),
  })
  await lab.call('iasql_install', [['aws_vpc']])
})
beforeEach(() => {
  trouble = 'none'
})
afterAll(async () => {
  await lab.close()
})

const networks = async (): Promise<readonly string[]> => {
  const ec2 = new EC2Client({
    region: 'us-east-1',
    endpoint: lab.endpoint,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  })
  const { Vpcs = [] } = await ec2.send(new DescribeVpcsCommand({}))
  return Vpcs.flatMap((vpc) =>
    vpc.CidrBlock && vpc.CidrBlock !== '172.31.0.0/16' ? [vpc.CidrBlock] : [],
  ).sort()
}

const makeAndEdit = async (from: string, to: string): Promise<void> => {
  await lab.user.run(`INSERT INTO vpc (cidr_block) VALUES ('${from}')`)
  await lab.call('iasql_apply')
  await lab.user.run(`UPDATE vpc SET cidr_block = '${to}' WHERE cidr_block = '${from}'`)
}

const removeAll = async (): Promise<void> => {
  await lab.user.run(`DELETE FROM vpc WHERE cidr_block <> '172.31.0.0/16'`)
  await lab.call('iasql_apply')
  expect(await networks()).toEqual([])
}

test('deletes the old one with the next apply when it could not be deleted', async () => {
  await makeAndEdit('10.50.0.0/16', '10.51.0.0/16')
  trouble = 'denied'
  await expect(lab.call('iasql_apply')).rejects.toThrow(/not allowed/)
  trouble = 'none'

  expect((await lab.call('iasql_apply')).map(lineOf)).toEqual(['delete vpc'])

  expect(await networks()).toEqual(['10.51.0.0/16'])
  await removeAll()
})

test('deletes the old one with the next apply when the execution ended in between', async () => {
  await makeAndEdit('10.52.0.0/16', '10.53.0.0/16')
  trouble = 'dead'
  const executionId = await lab.begin('iasql_apply')
  await stepExecution(lab.ports, { tenantId: lab.tenant.id, executionId })
  trouble = 'none'
  await closeChanges(lab.ports.platform, lab.tenant, { executionId: Number(executionId), error: null })
  await lab.ports.platform.run(
    `UPDATE ${lab.tenant.schema}.iasql_execution_record SET state = 'failed', ended_at = now() WHERE ended_at IS NULL`,
  )

  expect((await lab.call('iasql_apply')).map(lineOf)).toContain('delete vpc')

  expect(await networks()).toEqual(['10.53.0.0/16'])
  await removeAll()
})

test('deletes the new one, made without an answer, when the edit was taken back', async () => {
  await makeAndEdit('10.60.0.0/16', '11.1.0.0/16')
  trouble = 'lost'
  const executionId = await lab.begin('iasql_apply')
  const driving = lab.drive(executionId)
  while ((await networks()).length < 2) await new Promise((resolve) => setTimeout(resolve, 50))
  await cancelExecution(lab.ports, lab.tenant, executionId)
  await driving
  trouble = 'none'
  await lab.user.run(`UPDATE vpc SET cidr_block = '10.60.0.0/16' WHERE cidr_block = '11.1.0.0/16'`)

  expect((await lab.call('iasql_apply')).map(lineOf)).toEqual(['delete vpc'])

  expect(await networks()).toEqual(['10.60.0.0/16'])
  await removeAll()
})
