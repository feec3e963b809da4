/** A sync reads ahead of what it stores; what it leaves is as if it had read one table after the other. */
import { CreateVpcCommand, EC2Client } from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { IasqlError } from '#engine/model/error.ts'
import { gatedCloud } from '#test/support/gated-cloud.ts'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
const cloud = gatedCloud()

beforeAll(async () => {
  lab = await openTenantLab({ wrapCloud: cloud.wrap })
  await lab.call('iasql_install', [['aws_vpc']])
  const ec2 = new EC2Client({
    region: 'us-east-1',
    endpoint: lab.endpoint,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  })
  await ec2.send(new CreateVpcCommand({ CidrBlock: '10.91.0.0/16' }))
  ec2.destroy()
})
afterAll(async () => {
  await lab.close()
})

/** Only the first call of the operation: other tables are made of the same lists. */
const hold = (at: 'request' | 'answer', operation: string) => {
  let isTaken = false
  return cloud.hold(at, (call) => {
    if (isTaken || call.operation !== operation) return false
    isTaken = true
    return true
  })
}

const counts = async () =>
  await lab.user.query(
    `SELECT (SELECT count(*) FROM vpc WHERE cidr_block = '10.91.0.0/16') AS vpcs,
       (SELECT count(*) FROM route_table r JOIN vpc v ON v.id = r.vpc_id WHERE v.cidr_block = '10.91.0.0/16') AS tables`,
  )

test('a sync that is cancelled gives up all that it reads, and no row is touched', async () => {
  const networks = hold('request', 'DescribeVpcs')
  const tables = hold('request', 'DescribeSubnets')
  const executionId = await lab.begin('iasql_sync')
  const driving = lab.drive(executionId)
  await Promise.all([networks.arrived(), tables.arrived()])

  await lab.call('iasql_cancel', [Number(executionId)])
  await driving

  const states = `SELECT state FROM iasql_execution WHERE execution_id = ${executionId}`
  expect(await lab.user.query(states)).toEqual([{ state: 'cancelled' }])
  expect(await counts()).toEqual([{ vpcs: 0, tables: 0 }])
  networks.release()
  tables.release()
})

test('what a list that fails has children of is left as it was, though it was read, and is no failure of its own', async () => {
  const networks = hold('answer', 'DescribeVpcs')
  const tables = hold('answer', 'DescribeRouteTables')
  const sync = lab.call('iasql_sync').catch((error: unknown) => error)
  await Promise.all([networks.arrived(), tables.arrived()])

  tables.release()
  networks.refuse(new IasqlError('cloud/denied', 'you may not list networks'))

  expect(await sync).toMatchObject({
    code: 'cloud/unreachable',
    detail: 'vpc in us-east-1: you may not list networks',
  })
  expect(await counts()).toEqual([{ vpcs: 0, tables: 0 }])
})

test('children that were read before their parents are stored after them', async () => {
  const networks = hold('answer', 'DescribeVpcs')
  const tables = hold('answer', 'DescribeRouteTables')
  const sync = lab.call('iasql_sync')
  await tables.arrived()
  tables.release()
  await networks.arrived()

  networks.release()
  await sync

  expect(await counts()).toEqual([{ vpcs: 1, tables: 1 }])
  expect(await lab.call('iasql_sync')).toEqual([])
  expect(await lab.call('iasql_preview')).toEqual([])
})
