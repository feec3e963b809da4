/** Rules in the shapes of AWS: one call for many, refused as a whole, and what it makes by itself. */
import {
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  EC2Client,
  ModifySecurityGroupRulesCommand,
  RevokeSecurityGroupIngressCommand,
  type SecurityGroupRule,
} from '@aws-sdk/client-ec2'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, expect, test } from 'vitest'
import { createCloud } from '#aws/create-cloud.ts'
import { done, ref, waiting } from '#engine/model/cloud.ts'
import { type Mapper, type RowWrite, writeGroup } from '#modules/kit/index.ts'
import { mapperOf } from '#test/support/recorded-mapper.ts'

const ec2 = mockClient(EC2Client)
const cloud = createCloud({ profile: 'aws', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } })
const place = { accountId: '123456789012', region: 'eu-west-1' }
const api = (mapper: Mapper) => cloud.api(mapper.client, place, AbortSignal.timeout(5_000))

beforeEach(() => ec2.reset())

const mapper = mapperOf('security_group_rule')

const writeAll = (writes: readonly object[]) => {
  if (!mapper.grouping) throw new Error('rules are not grouped')
  return writeGroup(mapper.grouping, writes as readonly RowWrite<never, unknown>[], () => api(mapper))
}

const wanted = (change: object) => ({
  ...{ security_group_id: { group_id: 'sg-1' }, is_egress: false, ip_protocol: 'tcp' },
  ...{ from_port: 443, to_port: 443, cidr_ipv4: null, cidr_ipv6: null, prefix_list_id: null },
  ...{ source_security_group: null, peer_security_group: null, description: null, tags: null },
  ...change,
})
const everywhere = {
  is_egress: true,
  ip_protocol: '-1',
  from_port: null,
  to_port: null,
  cidr_ipv4: '0.0.0.0/0',
}
const wayOut: SecurityGroupRule = {
  SecurityGroupRuleId: 'sgr-9',
  GroupId: 'sg-1',
  IsEgress: true,
  IpProtocol: '-1',
  FromPort: -1,
  ToPort: -1,
  CidrIpv4: '0.0.0.0/0',
}

test('rules of every kind of source go in one call, and each gets its own id', async () => {
  const sources = [
    { cidr_ipv4: '10.0.0.0/8', description: 'Inside' },
    { cidr_ipv6: '2001:db8::/32' },
    { prefix_list_id: 'pl-1' },
    { source_security_group: { group_id: 'sg-2' } },
    { peer_security_group: '210987654321/sg-3' },
  ]
  const base = { GroupId: 'sg-1', IsEgress: false, IpProtocol: 'tcp', FromPort: 443, ToPort: 443 }
  ec2.on(AuthorizeSecurityGroupIngressCommand).resolves({
    SecurityGroupRules: [
      { ...base, SecurityGroupRuleId: 'sgr-5', ReferencedGroupInfo: { GroupId: 'sg-3' } },
      { ...base, SecurityGroupRuleId: 'sgr-4', ReferencedGroupInfo: { GroupId: 'sg-2' } },
      { ...base, SecurityGroupRuleId: 'sgr-3', PrefixListId: 'pl-1' },
      { ...base, SecurityGroupRuleId: 'sgr-2', CidrIpv6: '2001:db8::/32' },
      { ...base, SecurityGroupRuleId: 'sgr-1', CidrIpv4: '10.0.0.0/8' },
    ],
  })

  const outcomes = await writeAll(
    sources.map((source) => ({ kind: 'create', row: wanted(source), token: 't' })),
  )

  expect(outcomes).toEqual([1, 2, 3, 4, 5].map((n) => done({ security_group_rule_id: `sgr-${n}` })))
  const [call, ...more] = ec2.commandCalls(AuthorizeSecurityGroupIngressCommand)
  expect(more).toEqual([])
  expect(call?.args[0].input.IpPermissions).toMatchObject([
    { IpProtocol: 'tcp', FromPort: 443, IpRanges: [{ CidrIp: '10.0.0.0/8', Description: 'Inside' }] },
    { Ipv6Ranges: [{ CidrIpv6: '2001:db8::/32' }] },
    { PrefixListIds: [{ PrefixListId: 'pl-1' }] },
    { UserIdGroupPairs: [{ GroupId: 'sg-2' }] },
    { UserIdGroupPairs: [{ GroupId: 'sg-3', UserId: '210987654321' }] },
  ])
})

test('who asks for the way out that AWS has made with the group has it', async () => {
  ec2.on(AuthorizeSecurityGroupEgressCommand).rejects(
    Object.assign(new Error('exists'), {
      name: 'InvalidPermission.Duplicate',
      $metadata: { httpStatusCode: 400 },
    }),
  )
  ec2.on(DescribeSecurityGroupRulesCommand).resolves({ SecurityGroupRules: [wayOut] })
  const id = { security_group_rule_id: 'sgr-9' }

  const bare = await mapper.create(wanted(everywhere), 'token', api(mapper))
  const told = await mapper.create(wanted({ ...everywhere, description: 'All' }), 'token', api(mapper))
  const other = mapper.create(wanted({ is_egress: true, cidr_ipv4: '10.0.0.0/8' }), 'token', api(mapper))

  expect(await mapper.findByName?.(wanted(everywhere), api(mapper))).toBeUndefined()
  expect(bare).toEqual(done(id))
  expect(told).toEqual(waiting(id, 'the rule that AWS made to be described', 'again'))
  await expect(other).rejects.toMatchObject({ code: 'cloud/invalid' })
})

test('look-ups of one moment go by one reading of the group', async () => {
  const rule = {
    ...wayOut,
    IsEgress: false,
    IpProtocol: 'tcp',
    FromPort: 443,
    ToPort: 443,
    CidrIpv4: '10.0.0.0/8',
  }
  ec2.on(DescribeSecurityGroupRulesCommand).resolves({ SecurityGroupRules: [rule] })
  const moment = api(mapper)

  const found = await Promise.all(
    ['10.0.0.0/8', '10.1.0.0/16'].map(
      async (cidr_ipv4) => await mapper.findByName?.(wanted({ cidr_ipv4 }), moment),
    ),
  )

  expect(found).toEqual([{ rule, isOfDefault: false }, undefined])
  expect(ec2.commandCalls(DescribeSecurityGroupRulesCommand)).toHaveLength(1)
})

test('rules that change share a call, and those that one of them spoils are changed without it', async () => {
  const seen = (id: string) => ({ rule: { SecurityGroupRuleId: id, GroupId: 'sg-1' } })
  const write = (id: string, to: number) => ({
    kind: 'update',
    seen: seen(id),
    row: wanted({ cidr_ipv4: '10.0.0.0/8', to_port: to }),
    delta: { to_port: { from: 443, to } },
    token: 't',
  })
  ec2.on(ModifySecurityGroupRulesCommand).callsFake(({ SecurityGroupRules = [] }) => {
    if (
      !SecurityGroupRules.some((one: { SecurityGroupRuleId: string }) => one.SecurityGroupRuleId === 'sgr-2')
    )
      return {}
    throw Object.assign(new Error('no'), {
      name: 'InvalidParameterValue',
      $metadata: { httpStatusCode: 400 },
    })
  })

  const outcomes = await writeAll(['sgr-1', 'sgr-2', 'sgr-3'].map((id) => write(id, 8_443)))

  expect(outcomes).toMatchObject([{ kind: 'done' }, { code: 'cloud/invalid' }, { kind: 'done' }])
})

test('rules that go share a call', async () => {
  ec2.on(RevokeSecurityGroupIngressCommand).resolves({})
  const seen = ['sgr-1', 'sgr-2'].map((SecurityGroupRuleId) => ({
    rule: { SecurityGroupRuleId, GroupId: 'sg-1' },
  }))

  await writeAll(seen.map((one) => ({ kind: 'delete', seen: one, row: wanted({}) })))

  expect(ec2.commandCalls(RevokeSecurityGroupIngressCommand).map(({ args }) => args[0].input)).toEqual([
    { GroupId: 'sg-1', SecurityGroupRuleIds: ['sgr-1', 'sgr-2'] },
  ])
})

test('a group of another account is told apart from our own', () => {
  const rule = { GroupId: 'sg-1', GroupOwnerId: place.accountId, IpProtocol: 'tcp', FromPort: 22, ToPort: 22 }
  const from = (GroupId: string, UserId: string) =>
    mapper.toRow({ rule: { ...rule, ReferencedGroupInfo: { GroupId, UserId } }, isOfDefault: false })

  expect(from('sg-2', place.accountId)).toMatchObject({
    source_security_group: ref('aws_security_group.security_group', { group_id: 'sg-2' }),
    peer_security_group: null,
  })
  expect(from('sg-3', '210987654321')).toMatchObject({
    source_security_group: null,
    peer_security_group: '210987654321/sg-3',
  })
})

test('what AWS makes with a group is its way out, and of a default group the way in from itself', async () => {
  const fromItself = (GroupId: string): SecurityGroupRule => ({
    ...{ SecurityGroupRuleId: `sgr-${GroupId}`, GroupId, IsEgress: false, IpProtocol: '-1' },
    ReferencedGroupInfo: { GroupId },
  })
  ec2.on(DescribeSecurityGroupRulesCommand).resolves({
    SecurityGroupRules: [
      wayOut,
      fromItself('sg-default'),
      fromItself('sg-1'),
      { ...wayOut, IpProtocol: 'tcp' },
    ],
  })
  ec2.on(DescribeSecurityGroupsCommand).resolves({ SecurityGroups: [{ GroupId: 'sg-default' }] })

  const seen = await Array.fromAsync(mapper.list(place, api(mapper)))

  expect(seen.map((one) => mapper.companionOf?.(one)?.id ?? null)).toEqual([
    { group_id: 'sg-1' },
    { group_id: 'sg-default' },
    null,
    null,
  ])
})
