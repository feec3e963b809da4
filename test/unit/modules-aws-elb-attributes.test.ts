/** Conditions and attributes of Elastic Load Balancing that the emulator does not take. */
import {
  ElasticLoadBalancingV2Client,
  ModifyLoadBalancerAttributesCommand,
  ModifyRuleCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, expect, test } from 'vitest'
import { createCloud } from '#aws/create-cloud.ts'
import type { Mapper } from '#modules/kit/index.ts'
import { mapperOf, rowOf } from '#test/support/recorded-mapper.ts'

const elb = mockClient(ElasticLoadBalancingV2Client)
const cloud = createCloud({ profile: 'aws', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } })
const place = { accountId: '123456789012', region: 'eu-west-1' }
const api = (mapper: Mapper) => cloud.api(mapper.client, place, AbortSignal.timeout(5_000))

beforeEach(() => {
  elb.reset()
  elb.resolves({})
})

test('a rule that goes by regular expressions shows them, and keeps them when another condition changes', async () => {
  const mapper = mapperOf('listener_rule')
  const Conditions = [
    { Field: 'host-header', HostHeaderConfig: { RegexValues: ['^shop[0-9]+\\.example\\.com$'] } },
    { Field: 'path-pattern', PathPatternConfig: { RegexValues: ['^/(a|b)/'] } },
  ]
  const FixedResponseConfig = { StatusCode: '200' }
  const Actions = [{ Type: 'fixed-response' as const, FixedResponseConfig }]
  const seen = { rule: { RuleArn: 'rule-1', Priority: '1', Conditions, Actions }, tags: {} }

  const row = mapper.toRow(seen)
  await mapper.grouping?.write.update(
    [
      {
        kind: 'update',
        row: { ...rowOf('listener_rule', row), http_request_methods: ['GET'] },
        seen,
        delta: { http_request_methods: { from: null, to: ['GET'] } },
        token: 'token',
      },
    ],
    api(mapper),
  )

  expect(row).toMatchObject({ host_headers: null, path_patterns: null })
  expect(row).toMatchObject({ host_regexes: ['^shop[0-9]+\\.example\\.com$'], path_regexes: ['^/(a|b)/'] })
  expect(elb.commandCalls(ModifyRuleCommand)[0]?.args[0].input.Conditions).toEqual([
    ...Conditions,
    { Field: 'http-request-method', HttpRequestMethodConfig: { Values: ['GET'] } },
  ])
})

test('attributes that are of one kind of load balancer are read where AWS tells of them, and sent when they change', async () => {
  const mapper = mapperOf('load_balancer')
  const attributes = new Map([
    ['health_check_logs.s3.enabled', 'true'],
    ['health_check_logs.s3.bucket', 'shop-logs'],
    ['ipv6.deny_all_igw_traffic', 'true'],
  ])
  const seen = { balancer: { LoadBalancerArn: 'lb-1', Type: 'application' }, attributes, tags: {} }

  const row = mapper.toRow(seen)
  await mapper.update(
    seen,
    rowOf('load_balancer', { ...row, health_check_logs_prefix: 'front' }),
    { health_check_logs_prefix: { from: null, to: 'front' } },
    'token',
    api(mapper),
  )

  expect(row).toMatchObject({
    health_check_logs_enabled: true,
    health_check_logs_bucket: 'shop-logs',
    deny_all_igw_traffic: true,
    secondary_ips_per_subnet: 0,
  })
  expect(elb.commandCalls(ModifyLoadBalancerAttributesCommand)[0]?.args[0].input.Attributes).toEqual([
    { Key: 'health_check_logs.s3.prefix', Value: 'front' },
  ])
})
