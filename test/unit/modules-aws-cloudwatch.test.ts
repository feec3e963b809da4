/** What CloudWatch Logs does beside the emulator: keys that change, protection, classes, its way of listing. */
import {
  AssociateKmsKeyCommand,
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  DescribeLogGroupsCommand,
  DisassociateKmsKeyCommand,
  ListTagsForResourceCommand,
  PutLogGroupDeletionProtectionCommand,
} from '@aws-sdk/client-cloudwatch-logs'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, expect, test } from 'vitest'
import { createCloud } from '#aws/create-cloud.ts'
import { done } from '#engine/model/cloud.ts'
import type { Row } from '#engine/model/json.ts'
import { mapperOf } from '#test/support/recorded-mapper.ts'

const logs = mockClient(CloudWatchLogsClient)
const cloud = createCloud({ profile: 'aws', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } })
const place = { accountId: '123456789012', region: 'us-east-1' }
const api = cloud.api(CloudWatchLogsClient, place, AbortSignal.timeout(5_000))

beforeEach(() => {
  logs.reset()
})

const mapper = mapperOf('log_group')

const groupArn = (name: string): string => `arn:aws:logs:us-east-1:123456789012:log-group:${name}`
const group = (name: string, more: object = {}) => ({
  logGroupName: name,
  arn: `${groupArn(name)}:*`,
  logGroupArn: groupArn(name),
  creationTime: 1_700_000_000_000,
  ...more,
})
const bare = {
  log_group_name: '/billing',
  log_group_class: 'STANDARD',
  retention_in_days: null,
  kms_key_id: null,
  deletion_protection_enabled: false,
  tags: null,
}
const update = (want: Row) => {
  const delta = Object.fromEntries(Object.entries(want).map(([name, to]) => [name, { from: null, to }]))
  return mapper.update({ group: group('/billing'), tags: {} }, { ...bare, ...want }, delta, 'token', api)
}

test('a create says everything but the retention, which is put once the group stands', async () => {
  logs.on(CreateLogGroupCommand).resolves({})
  const want = { ...bare, kms_key_id: 'key', deletion_protection_enabled: true, tags: { team: 'shop' } }

  const outcome = await mapper.create(want, 'token', api)

  expect(outcome).toEqual(done({ log_group_name: '/billing' }))
  expect(logs.commandCalls(CreateLogGroupCommand)[0]?.args[0].input).toEqual({
    logGroupName: '/billing',
    logGroupClass: 'STANDARD',
    kmsKeyId: 'key',
    deletionProtectionEnabled: true,
    tags: { team: 'shop' },
  })
})

test('another key is associated, and none is dissociated', async () => {
  logs.on(AssociateKmsKeyCommand).resolves({}).on(DisassociateKmsKeyCommand).resolves({})

  await update({ kms_key_id: 'another' })
  await update({ kms_key_id: null })

  expect(logs.commandCalls(AssociateKmsKeyCommand)[0]?.args[0].input).toEqual({
    logGroupName: '/billing',
    kmsKeyId: 'another',
  })
  expect(logs.commandCalls(DisassociateKmsKeyCommand)[0]?.args[0].input).toEqual({ logGroupName: '/billing' })
})

test('protection from deletion is a call of its own', async () => {
  logs.on(PutLogGroupDeletionProtectionCommand).resolves({})

  await update({ deletion_protection_enabled: true })

  expect(logs.commandCalls(PutLogGroupDeletionProtectionCommand)[0]?.args[0].input).toEqual({
    logGroupIdentifier: '/billing',
    deletionProtectionEnabled: true,
  })
})

test('a group is found by its name though others begin with it and pages may be empty', async () => {
  logs
    .on(DescribeLogGroupsCommand, { logGroupNamePrefix: '/shop', limit: 1 })
    .resolves({ logGroups: [], nextToken: 'more' })
    .on(DescribeLogGroupsCommand, { logGroupNamePrefix: '/shop', limit: 1, nextToken: 'more' })
    .resolves({ logGroups: [group('/shop')], nextToken: 'yet more' })
    .on(DescribeLogGroupsCommand, { logGroupNamePrefix: '/sho', limit: 1 })
    .resolves({ logGroups: [group('/shop')] })
    .on(ListTagsForResourceCommand, { resourceArn: groupArn('/shop') })
    .resolves({ tags: { team: 'shop', 'aws:cloudformation:stack-name': 'shop' } })

  const found = await mapper.get([{ log_group_name: '/shop' }, { log_group_name: '/sho' }], api)

  expect(found.map((seen) => mapper.toRow(seen))).toEqual([
    {
      ...bare,
      log_group_name: '/shop',
      log_group_arn: groupArn('/shop'),
      creation_time: '2023-11-14T22:13:20.000Z',
      tags: { team: 'shop' },
    },
  ])
})

test('a group of the class DELIVERY shows no retention, which AWS sets by itself', () => {
  const seen = { group: group('/lambda', { logGroupClass: 'DELIVERY', retentionInDays: 2 }), tags: {} }

  const row = mapper.toRow(seen)

  expect(row).toMatchObject({ log_group_class: 'DELIVERY', retention_in_days: null })
})

test('many groups are read by pages of all, and few by a look for each', async () => {
  const names = Array.from({ length: 12 }, (_, at) => `/shop/${at}`)
  const [known, more] = [names.slice(0, 6), names.slice(6)].map((some) => some.map((name) => group(name)))
  logs
    .on(DescribeLogGroupsCommand)
    .resolvesOnce({ logGroups: known, nextToken: 'more' })
    .resolves({ logGroups: [...(more ?? []), group('/zoo')] })
  logs.on(ListTagsForResourceCommand).resolves({ tags: { team: 'shop' } })

  const seen = await mapper.get(
    [...names, '/gone'].map((log_group_name) => ({ log_group_name })),
    api,
  )

  expect(seen.map((one) => mapper.toRow(one).log_group_name)).toEqual(names)
  expect(mapper.toRow(seen[11]).tags).toEqual({ team: 'shop' })
  expect(logs.commandCalls(DescribeLogGroupsCommand)).toHaveLength(2)
  expect(logs.commandCalls(ListTagsForResourceCommand)).toHaveLength(12)
})
