/** NAT gateways and their addresses as users type them: order, waiting, and failures that come late. */
import type { NatGateway } from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { SdkCommandClass } from '#engine/model/cloud.ts'
import type { Cloud } from '#operations/ports.ts'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

/** What EC2 says of NAT gateways before it says what the emulator does: one look after the other. */
let next: Partial<NatGateway>[] = []
/** Operations in the order in which they were answered. */
const answered: string[] = []

const slow = (cloud: Cloud): Cloud => ({
  ...cloud,
  api: (client, place, signal) => {
    const api = cloud.api(client, place, signal)
    const shown = <Output extends object>(output: Output): Output => {
      const change = 'NatGateways' in output || 'NatGateway' in output ? next[0] : undefined
      if (!change) return output
      if ('NatGateway' in output)
        return { ...output, NatGateway: { ...(output.NatGateway as object), ...change } }
      next.shift()
      const all = ('NatGateways' in output ? output.NatGateways : []) as NatGateway[]
      return { ...output, NatGateways: all.map((gateway) => ({ ...gateway, ...change })) }
    }
    return {
      ...api,
      send: async <Input extends object, Output extends object>(
        command: SdkCommandClass<Input, Output>,
        input: Input,
      ) => {
        const output = shown(await api.send(command, input))
        answered.push((command as unknown as { name: string }).name.replace(/Command$/, ''))
        return output
      },
      pages: async function* (command, input, items) {
        const pages: object[] = []
        for await (const page of api.pages(command, input, (whole) => [whole])) pages.push(page as object)
        for (const page of pages) yield* items(shown(page) as never) ?? []
      },
    }
  },
})

let lab: TenantLab

beforeAll(async () => {
  lab = await openTenantLab({ wrapCloud: slow })
  await lab.call('iasql_install', [['aws_vpc']])
})
afterAll(() => lab?.close())
beforeEach(() => {
  next = []
  answered.length = 0
})

const makeNetwork = async (name: string): Promise<void> => {
  for (const sql of [
    `INSERT INTO vpc (cidr_block, tags) VALUES ('10.2.0.0/16', '{"Name":"${name}"}')`,
    `INSERT INTO internet_gateway (vpc_id, tags) VALUES (find_vpc('${name}'), '{"Name":"${name}"}')`,
    `INSERT INTO subnet (vpc_id, cidr_block, tags) VALUES (find_vpc('${name}'), '10.2.1.0/24', '{"Name":"${name}"}')`,
    `INSERT INTO elastic_ip (tags) VALUES ('{"Name":"${name}"}')`,
    `INSERT INTO nat_gateway (subnet_id, elastic_ip_id, tags)
     VALUES (find_subnet('${name}'), find_elastic_ip('${name}'), '{"Name":"${name}"}')`,
    `INSERT INTO route_table (vpc_id, tags) VALUES (find_vpc('${name}'), '{"Name":"${name}"}')`,
    `INSERT INTO route (route_table_id, destination, nat_gateway_id)
     VALUES (find_route_table('${name}'), '0.0.0.0/0', iasql_ref('nat_gateway', find_nat_gateway('${name}'), 'nat_gateway_id'))`,
  ])
    await lab.user.run(sql)
}

const deleteNetwork = (name: string): Promise<unknown> =>
  lab.user.run(
    `WITH routes AS (DELETE FROM route WHERE route_table_id = find_route_table('${name}') AND destination = '0.0.0.0/0'),
       tables AS (DELETE FROM route_table WHERE tags->>'Name' = '${name}'),
       nats AS (DELETE FROM nat_gateway WHERE tags->>'Name' = '${name}'),
       addresses AS (DELETE FROM elastic_ip WHERE tags->>'Name' = '${name}'),
       doors AS (DELETE FROM internet_gateway WHERE tags->>'Name' = '${name}'),
       subnets AS (DELETE FROM subnet WHERE tags->>'Name' = '${name}')
     DELETE FROM vpc WHERE tags->>'Name' = '${name}'`,
  )

/** But for how many addresses of the subnet are free, which is EC2's to tell. */
const expectNothingLeft = async (): Promise<void> => {
  expect(await lab.call('iasql_preview')).toEqual([])
  const found = await lab.call('iasql_sync')
  expect(found.filter(({ description }) => !String(description).includes('available_ip'))).toEqual([])
}

const at = (operation: string): number => {
  expect(answered).toContain(operation)
  return answered.indexOf(operation)
}

test('a network with its way out comes in one apply, each part after what it needs', async () => {
  next = [{ State: 'pending' }, { State: 'pending' }]
  await makeNetwork('net')

  await lab.call('iasql_apply')

  expect(at('AttachInternetGateway')).toBeLessThan(at('CreateNatGateway'))
  expect(at('AllocateAddress')).toBeLessThan(at('CreateNatGateway'))
  expect(at('CreateNatGateway')).toBeLessThan(at('CreateRoute'))
  expect(next).toEqual([])
  expect(
    await lab.user.query(
      `SELECT n.state, n.public_ip = e.public_ip AS has_address FROM nat_gateway n JOIN elastic_ip e ON e.id = n.elastic_ip_id`,
    ),
  ).toEqual([{ state: 'available', has_address: true }])
  await expectNothingLeft()
})

test('it goes in the opposite order: the address is free once the gateway is gone', async () => {
  await deleteNetwork('net')
  // The look before the call, and two after it.
  next = [{ State: 'available' }, { State: 'deleting' }, { State: 'deleting' }]

  await lab.call('iasql_apply')

  expect(next).toEqual([])
  expect(at('DeleteRoute')).toBeLessThan(at('DeleteNatGateway'))
  expect(at('DeleteNatGateway')).toBeLessThan(at('ReleaseAddress'))
  expect(at('DeleteNatGateway')).toBeLessThan(at('DetachInternetGateway'))
  expect(at('DeleteNatGateway')).toBeLessThan(at('DeleteSubnet'))
  expect(at('DeleteSubnet')).toBeLessThan(at('DeleteVpc'))
  expect(await lab.user.query('SELECT FROM nat_gateway UNION ALL SELECT FROM elastic_ip')).toEqual([])
  await expectNothingLeft()
})

test('a plan says that a NAT gateway comes after the way out of its network, and leaves it out with that', async () => {
  await makeNetwork('door')
  const shown = await lab.call('iasql_preview')
  const of = (table: string) => shown.find(({ table_name }) => table_name === table)
  const door = of('internet_gateway')

  expect(of('nat_gateway')?.depends_on).toContain(door?.change_id)
  await lab.user.run(
    `INSERT INTO iasql_plan_choice (plan_id, change_id, skip) VALUES (${Number(door?.plan_id)}, ${Number(door?.change_id)}, true)`,
  )
  await lab.call('iasql_apply', [door?.plan_id ?? null, false, true, 'wait'])

  expect(answered).toContain('CreateSubnet')
  expect(answered).not.toContain('CreateNatGateway')
  expect((await lab.call('iasql_preview')).map(({ table_name }) => table_name).sort()).toEqual([
    'internet_gateway',
    'nat_gateway',
    'route',
  ])
  await deleteNetwork('door')
  await lab.call('iasql_apply')
  await expectNothingLeft()
})

test('a network without a way out gets no NAT gateway, and hears so at once', async () => {
  await makeNetwork('shut')
  await lab.user.run(`DELETE FROM internet_gateway WHERE tags->>'Name' = 'shut'`)

  await expect(lab.call('iasql_apply')).rejects.toMatchObject({
    code: 'apply/changes-failed',
    detail: expect.stringContaining('has no internet gateway'),
  })

  expect(answered.filter((operation) => operation === 'DescribeInternetGateways')).toHaveLength(1)
  await deleteNetwork('shut')
  await lab.call('iasql_apply')
  await expectNothingLeft()
})

test('a gateway that fails after it was made fails its change, with the reason of AWS', async () => {
  await makeNetwork('bad')
  const FailureMessage = 'Elastic IP address eipalloc-1 is already associated'
  next = [
    { State: 'pending' },
    ...Array.from({ length: 9 }, () => ({ State: 'failed', FailureMessage }) as const),
  ]

  const applying = lab.call('iasql_apply')

  await expect(applying).rejects.toMatchObject({
    code: 'apply/changes-failed',
    message: expect.stringContaining(FailureMessage),
  })
  expect(answered).not.toContain('CreateRoute')
})
