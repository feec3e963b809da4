/** Answers that Elastic Load Balancing gives and the emulator does not: states, certificates, what is gone among others. */
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  DescribeListenersCommand,
  DescribeLoadBalancerAttributesCommand,
  DescribeLoadBalancersCommand,
  DescribeTagsCommand,
  ElasticLoadBalancingV2Client,
  LoadBalancerNotFoundException,
  ModifyListenerCommand,
  ModifyRuleCommand,
  SetRulePrioritiesCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, expect, test } from 'vitest'
import { createCloud } from '#aws/create-cloud.ts'
import { done, ref, waiting } from '#engine/model/cloud.ts'
import type { Mapper } from '#modules/kit/index.ts'
import { mapperOf, rowOf } from '#test/support/recorded-mapper.ts'

const elb = mockClient(ElasticLoadBalancingV2Client)
const cloud = createCloud({ profile: 'aws', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } })
const place = { accountId: '123456789012', region: 'eu-west-1' }
const api = (mapper: Mapper) => cloud.api(mapper.client, place, AbortSignal.timeout(5_000))

beforeEach(() => elb.reset())

const arn = 'arn:aws:elasticloadbalancing:eu-west-1:123456789012'
const group = (name: string) => `${arn}:targetgroup/${name}/0a`
const listenerArn = `${arn}:listener/app/front/1b/2c`

test('a load balancer is waited for until it is active, and one that failed says why', async () => {
  const mapper = mapperOf('load_balancer')
  elb.on(CreateLoadBalancerCommand).resolves({ LoadBalancers: [{ LoadBalancerArn: 'lb-1' }] })
  const want = rowOf('load_balancer', { load_balancer_name: 'front', subnets: [{ subnet_id: 'subnet-1' }] })

  const outcome = await mapper.create(want, 'token', api(mapper))

  expect(outcome).toEqual(waiting({ load_balancer_arn: 'lb-1' }, 'the load balancer to become active'))
  const inState = (Code: string) => ({ balancer: { State: { Code, Reason: 'no addresses left' } } })
  expect(mapper.settled?.(inState('provisioning'))).toBe(false)
  expect(mapper.settled?.(inState('active'))).toBe(true)
  expect(mapper.settled?.(inState('failed'))).toEqual({ failed: 'no addresses left' })
})

test('addresses of a network load balancer go with its subnets', async () => {
  const mapper = mapperOf('load_balancer')
  elb.on(CreateLoadBalancerCommand).resolves({ LoadBalancers: [{ LoadBalancerArn: 'lb-1' }] })
  const subnets = [{ subnet_id: 'subnet-1', allocation_id: 'eipalloc-1' }]

  await mapper.create(
    rowOf('load_balancer', { load_balancer_name: 'wires', load_balancer_type: 'network', subnets }),
    'token',
    api(mapper),
  )

  const input = elb.commandCalls(CreateLoadBalancerCommand)[0]?.args[0].input
  expect(input?.SubnetMappings).toEqual([
    expect.objectContaining({ SubnetId: 'subnet-1', AllocationId: 'eipalloc-1' }),
  ])
  expect(input?.Subnets).toBeUndefined()
})

test('what is gone is left out of what was asked for with it', async () => {
  const mapper = mapperOf('load_balancer')
  const gone = new LoadBalancerNotFoundException({ message: 'not there', $metadata: {} })
  elb
    .on(DescribeLoadBalancersCommand, { LoadBalancerArns: ['lb-1', 'lb-2'] })
    .rejects(gone)
    .on(DescribeLoadBalancersCommand, { LoadBalancerArns: ['lb-1'] })
    .rejects(gone)
    .on(DescribeLoadBalancersCommand, { LoadBalancerArns: ['lb-2'] })
    .resolves({ LoadBalancers: [{ LoadBalancerArn: 'lb-2', Type: 'application' }] })
    .on(DescribeTagsCommand)
    .resolves({ TagDescriptions: [{ ResourceArn: 'lb-2', Tags: [{ Key: 'team', Value: 'shop' }] }] })
    .on(DescribeLoadBalancerAttributesCommand)
    .resolves({ Attributes: [{ Key: 'idle_timeout.timeout_seconds', Value: '60' }] })

  const seen = await mapper.get([{ load_balancer_arn: 'lb-1' }, { load_balancer_arn: 'lb-2' }], api(mapper))

  expect(seen.map((one) => mapper.toRow(one))).toEqual([
    expect.objectContaining({ load_balancer_arn: 'lb-2', idle_timeout: 60, tags: { team: 'shop' } }),
  ])
})

test('a secure listener shows its certificate and keeps the policy that AWS chose', async () => {
  const mapper = mapperOf('listener')
  elb.on(CreateListenerCommand).resolves({ Listeners: [{ ListenerArn: listenerArn }] })
  elb.on(ModifyListenerCommand).resolves({})
  elb.on(DescribeListenersCommand).resolves({
    Listeners: [
      {
        ListenerArn: listenerArn,
        LoadBalancerArn: 'lb-1',
        Port: 443,
        Protocol: 'HTTPS',
        SslPolicy: 'ELBSecurityPolicy-2016-08',
        Certificates: [{ CertificateArn: 'cert-1' }],
        DefaultActions: [
          {
            Type: 'forward',
            TargetGroupArn: group('shop'),
            ForwardConfig: {
              TargetGroups: [{ TargetGroupArn: group('shop'), Weight: 1 }],
              TargetGroupStickinessConfig: { Enabled: false },
            },
          },
        ],
      },
    ],
  })
  elb.on(DescribeTagsCommand).resolves({ TagDescriptions: [] })
  const want = rowOf('listener', {
    load_balancer_id: { load_balancer_arn: 'lb-1' },
    port: 443,
    protocol: 'HTTPS',
    certificate_arn: 'cert-1',
    target_group_id: { target_group_arn: group('shop') },
  })

  const outcome = await mapper.create(want, 'token', api(mapper))
  const [seen] = await mapper.get([{ listener_arn: listenerArn }], api(mapper))

  expect(outcome).toEqual(done({ listener_arn: listenerArn }))
  expect(elb.commandCalls(CreateListenerCommand)[0]?.args[0].input).toMatchObject({
    Certificates: [{ CertificateArn: 'cert-1' }],
    DefaultActions: [{ Type: 'forward', TargetGroupArn: group('shop') }],
  })
  expect(seen && mapper.toRow(seen)).toMatchObject({
    ssl_policy: 'ELBSecurityPolicy-2016-08',
    certificate_arn: 'cert-1',
    target_group_id: ref('aws_elb.target_group', { target_group_arn: group('shop') }),
    target_groups: [],
  })
})

test('a listener forwards to several groups by their weights', async () => {
  const mapper = mapperOf('listener')
  elb.on(CreateListenerCommand).resolves({ Listeners: [{ ListenerArn: listenerArn }] })
  const target_groups = [{ target_group_id: group('a'), weight: 9 }, { target_group_id: group('b') }]
  const want = rowOf('listener', { load_balancer_id: { load_balancer_arn: 'lb-1' }, port: 80, target_groups })

  await mapper.create(want, 'token', api(mapper))
  const [action] = elb.commandCalls(CreateListenerCommand)[0]?.args[0].input.DefaultActions ?? []

  expect(action?.ForwardConfig?.TargetGroups).toEqual([
    { TargetGroupArn: group('a'), Weight: 9 },
    { TargetGroupArn: group('b'), Weight: 1 },
  ])
  expect(mapper.toRow({ listener: { DefaultActions: action ? [action] : [] } })).toMatchObject({
    target_groups,
  })
})

test('a forward to nobody is refused, except while its group is replaced', async () => {
  const mapper = mapperOf('listener')
  elb.on(ModifyListenerCommand).resolves({})
  const want = rowOf('listener', { load_balancer_id: { load_balancer_arn: 'lb-1' }, port: 80 })
  const seen = { listener: { ListenerArn: listenerArn } }
  const cleared = { target_group_id: { from: { target_group_arn: group('a') }, to: null } }

  await expect(mapper.create(want, 'token', api(mapper))).rejects.toMatchObject({ code: 'cloud/invalid' })
  await mapper.update(seen, want, cleared, 'token', api(mapper))

  const { DefaultActions } = elb.commandCalls(ModifyListenerCommand)[0]?.args[0].input ?? {}
  expect(DefaultActions).toMatchObject([
    { Type: 'fixed-response', FixedResponseConfig: { StatusCode: '503' } },
  ])
  expect(mapper.toRow({ listener: { ListenerArn: listenerArn, DefaultActions } })).toMatchObject({
    action_type: 'forward',
    target_group_id: null,
    target_groups: [],
    fixed_response_status_code: null,
    fixed_response_message_body: null,
  })
})

test('what asks who is there survives a change of what becomes of requests', async () => {
  const mapper = mapperOf('listener')
  elb.on(ModifyListenerCommand).resolves({})
  const AuthenticateOidcConfig = {
    Issuer: 'https://id.example.com',
    AuthorizationEndpoint: 'https://id.example.com/a',
    TokenEndpoint: 'https://id.example.com/t',
    UserInfoEndpoint: 'https://id.example.com/u',
    ClientId: 'shop',
  }
  const listener = {
    ListenerArn: listenerArn,
    DefaultActions: [
      { Type: 'authenticate-oidc', Order: 1, AuthenticateOidcConfig },
      { Type: 'forward', Order: 2, TargetGroupArn: group('a') },
    ],
  }
  const want = rowOf('listener', { port: 80, target_group_id: { target_group_arn: group('b') } })
  const delta = { target_group_id: { from: null, to: { target_group_arn: group('b') } } }

  await mapper.update({ listener }, want, delta, 'token', api(mapper))

  expect(elb.commandCalls(ModifyListenerCommand)[0]?.args[0].input.DefaultActions).toEqual([
    {
      Type: 'authenticate-oidc',
      Order: 1,
      AuthenticateOidcConfig: { ...AuthenticateOidcConfig, UseExistingClientSecret: true },
    },
    { Type: 'forward', Order: 2, TargetGroupArn: group('b') },
  ])
})

test('rules that trade places are told to AWS at once, and what else changes of each by itself', async () => {
  const mapper = mapperOf('listener_rule')
  const { grouping } = mapper
  const ruleArn = (name: string) => `${listenerArn.replace(':listener/', ':listener-rule/')}/${name}`
  const write = (name: string, to: number, more: object = {}) => ({
    kind: 'update' as const,
    row: rowOf('listener_rule', {
      listener_id: { listener_arn: listenerArn },
      priority: to,
      path_patterns: ['/*'],
      action_type: 'fixed-response',
      fixed_response_status_code: '200',
      ...more,
    }),
    seen: { rule: { RuleArn: ruleArn(name), Priority: String(3 - to) } },
    delta: {
      priority: { from: 3 - to, to },
      ...Object.fromEntries(Object.keys(more).map((column) => [column, { from: null, to: null }])),
    },
    token: 'token',
  })
  elb.resolves({})

  const outcomes = await grouping?.write.update(
    [write('a', 2), write('b', 1, { path_patterns: ['/b'] })],
    api(mapper),
  )

  expect(grouping?.by.update).toEqual(['listener_id'])
  expect(outcomes).toEqual([done({ rule_arn: ruleArn('a') }), done({ rule_arn: ruleArn('b') })])
  expect(elb.commandCalls(SetRulePrioritiesCommand).map(({ args }) => args[0].input)).toEqual([
    {
      RulePriorities: [
        { RuleArn: ruleArn('a'), Priority: 2 },
        { RuleArn: ruleArn('b'), Priority: 1 },
      ],
    },
  ])
  expect(elb.commandCalls(ModifyRuleCommand).map(({ args }) => args[0].input.RuleArn)).toEqual([ruleArn('b')])
})
