/** What takes its time in a network, in answers that AWS gives and the emulator does not. */
import {
  AllocateAddressCommand,
  CreateNatGatewayCommand,
  DeleteNatGatewayCommand,
  DescribeAddressesCommand,
  DescribeInternetGatewaysCommand,
  DescribeNatGatewaysCommand,
  DescribeSubnetsCommand,
  EC2Client,
  type NatGateway,
} from '@aws-sdk/client-ec2'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, expect, test } from 'vitest'
import { createCloud } from '#aws/create-cloud.ts'
import { ref, waiting } from '#engine/model/cloud.ts'
import type { IasqlError } from '#engine/model/error.ts'
import type { Mapper } from '#modules/kit/index.ts'
import { findTable } from '#modules/registry.ts'
import { propagationOf } from '#operations/apply/propagation.ts'
import { mapperOf } from '#test/support/recorded-mapper.ts'

const ec2 = mockClient(EC2Client)
const cloud = createCloud({ profile: 'aws', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } })
const place = { accountId: '123456789012', region: 'eu-west-1' }
const api = (mapper: Mapper) => cloud.api(mapper.client, place, AbortSignal.timeout(5_000))

beforeEach(() => ec2.reset())

const wanted = {
  connectivity_type: 'public',
  subnet_id: { subnet_id: 'subnet-1' },
  elastic_ip_id: { allocation_id: 'eipalloc-1' },
  tags: { Name: 'way out' },
}
const becoming = 'the NAT gateway to become available'

test('a NAT gateway is made once per token, and waited for while it is pending', async () => {
  const mapper = mapperOf('nat_gateway')
  ec2.on(DescribeSubnetsCommand).resolves({ Subnets: [{ VpcId: 'vpc-1' }] })
  ec2.on(DescribeInternetGatewaysCommand).resolves({ InternetGateways: [{ InternetGatewayId: 'igw-1' }] })
  ec2.on(CreateNatGatewayCommand).resolves({ NatGateway: { NatGatewayId: 'nat-1', State: 'pending' } })

  const outcome = await mapper.create(wanted, 'token', api(mapper))

  expect(outcome).toEqual(waiting({ nat_gateway_id: 'nat-1' }, becoming))
  expect(ec2.commandCalls(CreateNatGatewayCommand)[0]?.args[0].input).toMatchObject({
    AllocationId: 'eipalloc-1',
    ClientToken: 'token',
    ConnectivityType: 'public',
    SubnetId: 'subnet-1',
  })
  expect(mapper.settled?.({ State: 'pending' })).toBe(false)
  expect(mapper.settled?.({ State: 'available' })).toBe(true)
})

test('a public NAT gateway is not made before its VPC has a way to the internet, which may take a moment to show', async () => {
  const mapper = mapperOf('nat_gateway')
  ec2.on(DescribeSubnetsCommand).resolves({ Subnets: [{ VpcId: 'vpc-1' }] })
  ec2.on(DescribeInternetGatewaysCommand).resolves({ InternetGateways: [] })

  const creating = mapper.create(wanted, 'token', api(mapper))

  const refusal: unknown = await creating.catch((error: unknown) => error)
  expect(refusal).toMatchObject({ code: 'cloud/invalid', hint: expect.stringContaining('internet_gateway') })
  expect(propagationOf(findTable('nat_gateway') ?? { propagates: [] }, refusal as IasqlError)).toMatchObject({
    forMs: 30_000,
  })
  expect(ec2.commandCalls(CreateNatGatewayCommand)).toEqual([])
})

test('a NAT gateway that failed says why in the words of AWS', () => {
  const mapper = mapperOf('nat_gateway')
  const failed: NatGateway = {
    State: 'failed',
    FailureCode: 'Gateway.NotAttached',
    FailureMessage: 'Network vpc-1 has no Internet gateway attached',
  }

  expect(mapper.settled?.(failed)).toEqual({ failed: 'Network vpc-1 has no Internet gateway attached' })
  expect(mapper.toRow(failed)).toMatchObject({
    state: 'failed',
    failure_message: 'Network vpc-1 has no Internet gateway attached',
  })
})

test('of several addresses the primary one is that of the row', () => {
  const row = mapperOf('nat_gateway').toRow({
    NatGatewayAddresses: [
      { AllocationId: 'eipalloc-2', PublicIp: '198.51.100.2', IsPrimary: false },
      { AllocationId: 'eipalloc-1', PublicIp: '198.51.100.1', PrivateIp: '10.0.0.5', IsPrimary: true },
    ],
  })

  expect(row).toMatchObject({
    elastic_ip_id: ref('aws_vpc.elastic_ip', { allocation_id: 'eipalloc-1' }),
    public_ip: '198.51.100.1',
    private_ip: '10.0.0.5',
  })
})

test('a NAT gateway is gone once EC2 calls it deleted, and is deleted but once', async () => {
  const mapper = mapperOf('nat_gateway')
  ec2
    .on(DescribeNatGatewaysCommand)
    .resolvesOnce({ NatGateways: [{ NatGatewayId: 'nat-1', State: 'deleting' }] })
    .resolvesOnce({ NatGateways: [{ NatGatewayId: 'nat-1', State: 'deleted' }] })
  ec2.on(DeleteNatGatewayCommand).resolves({})
  const ids = [{ nat_gateway_id: 'nat-1' }]

  const outcome = await mapper.delete({ NatGatewayId: 'nat-1', State: 'available' }, {}, api(mapper))
  const [deleting] = await mapper.get(ids, api(mapper))
  await mapper.delete(deleting, {}, api(mapper))

  expect(outcome).toEqual(waiting({ nat_gateway_id: 'nat-1' }, 'the NAT gateway to be deleted'))
  expect(ec2.commandCalls(DeleteNatGatewayCommand)).toHaveLength(1)
  expect(await mapper.get(ids, api(mapper))).toEqual([])
})

test('a NAT gateway is found again by the token that it carries', async () => {
  const mapper = mapperOf('nat_gateway')
  const Tags = [{ Key: 'iasql:token', Value: 'token' }]
  ec2.on(DescribeNatGatewaysCommand).resolves({
    NatGateways: [
      { NatGatewayId: 'nat-1', State: 'deleted', Tags },
      { NatGatewayId: 'nat-2', State: 'pending', Tags },
    ],
  })

  expect(await mapper.findByToken?.('token', api(mapper), {})).toMatchObject({ NatGatewayId: 'nat-2' })
})

test('an elastic IP address comes out of the pool that is asked for', async () => {
  const mapper = mapperOf('elastic_ip')
  const pool = { public_ipv4_pool: 'ipv4pool-ec2-1', network_border_group: 'us-west-2-lax-1' }
  ec2.on(AllocateAddressCommand).resolves({ AllocationId: 'eipalloc-1', PublicIp: '198.51.100.1' })
  ec2.on(DescribeAddressesCommand).resolves({
    Addresses: [
      {
        AllocationId: 'eipalloc-1',
        PublicIp: '198.51.100.1',
        PublicIpv4Pool: 'ipv4pool-ec2-1',
        NetworkBorderGroup: 'us-west-2-lax-1',
      },
    ],
  })

  await mapper.create({ ...pool, customer_owned_ipv4_pool: null, tags: null }, 'token', api(mapper))
  const [seen] = await mapper.get([{ allocation_id: 'eipalloc-1' }], api(mapper))

  expect(ec2.commandCalls(AllocateAddressCommand)[0]?.args[0].input).toMatchObject({
    Domain: 'vpc',
    PublicIpv4Pool: 'ipv4pool-ec2-1',
    NetworkBorderGroup: 'us-west-2-lax-1',
  })
  expect(mapper.toRow(seen)).toMatchObject({ ...pool, public_ip: '198.51.100.1' })
})
