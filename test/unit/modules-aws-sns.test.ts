/** What SNS tells of topics and subscriptions, and the emulator does not. */
import {
  CreateTopicCommand,
  GetDataProtectionPolicyCommand,
  GetSubscriptionAttributesCommand,
  GetTopicAttributesCommand,
  ListSubscriptionsByTopicCommand,
  ListSubscriptionsCommand,
  ListTagsForResourceCommand,
  PutDataProtectionPolicyCommand,
  SetSubscriptionAttributesCommand,
  SetTopicAttributesCommand,
  SNSClient,
  SubscribeCommand,
  UnsubscribeCommand,
} from '@aws-sdk/client-sns'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, expect, test } from 'vitest'
import { createCloud } from '#aws/create-cloud.ts'
import { done, ref, waiting } from '#engine/model/cloud.ts'
import type { Row } from '#engine/model/json.ts'
import { mapperOf, rowOf } from '#test/support/recorded-mapper.ts'

const sns = mockClient(SNSClient)
const cloud = createCloud({ profile: 'aws', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } })
const place = { accountId: '123456789012', region: 'us-east-1' }
const api = cloud.api(SNSClient, place, AbortSignal.timeout(5_000))

beforeEach(() => {
  sns.reset()
})

const topic = mapperOf('topic')
const subscription = mapperOf('subscription')

const arn = 'arn:aws:sns:us-east-1:123456789012:alarms'
const role = 'arn:aws:iam::123456789012:role/sns-logs'
const protection = { Name: 'none', Version: '2021-06-01', Statement: [] }

const deltaOf = (want: Row) =>
  Object.fromEntries(Object.entries(want).map(([name, to]) => [name, { from: null, to }]))
const update = (table: string, seen: object, want: Row) =>
  mapperOf(table).update(seen, rowOf(table, want), deltaOf(want), 'token', api)

const attributesSet = () =>
  sns.calls().map(({ args: [{ input }] }) => {
    const { AttributeName, AttributeValue } = input as { AttributeName?: string; AttributeValue?: string }
    return [AttributeName, AttributeValue]
  })

test('a topic is made with all that it has, but for its signature version, which is set once it stands', async () => {
  sns.on(CreateTopicCommand).resolves({ TopicArn: arn })
  const want = {
    name: 'alarms',
    tracing_config: 'Active',
    signature_version: 2,
    maximum_message_size: 65_536,
    http_success_feedback_role_arn: role,
    http_success_feedback_sample_rate: 100,
    data_protection_policy: protection,
    tags: { team: 'shop' },
  }

  const outcome = await topic.create(rowOf('topic', want), 'token', api)
  await update('topic', { arn, attributes: { TracingConfig: 'Active' } }, { signature_version: 2 })

  expect(outcome).toEqual(waiting({ arn }, 'its signature version', 'again'))
  expect(sns.commandCalls(CreateTopicCommand)[0]?.args[0].input).toEqual({
    Name: 'alarms',
    Attributes: {
      TracingConfig: 'Active',
      MaximumMessageSize: '65536',
      HTTPSuccessFeedbackRoleArn: role,
      HTTPSuccessFeedbackSampleRate: '100',
    },
    DataProtectionPolicy: JSON.stringify(protection),
    Tags: [{ Key: 'team', Value: 'shop' }],
  })
  expect(sns.commandCalls(SetTopicAttributesCommand)[0]?.args[0].input).toEqual({
    TopicArn: arn,
    AttributeName: 'SignatureVersion',
    AttributeValue: '2',
  })
})

test('a topic shows its tracing, signature, feedback and data protection', async () => {
  sns.on(GetTopicAttributesCommand).resolves({
    Attributes: {
      TopicArn: arn,
      Owner: '123456789012',
      DisplayName: '',
      TracingConfig: 'Active',
      SignatureVersion: '2',
      MaximumMessageSize: '65536',
      HTTPSuccessFeedbackRoleArn: role,
      HTTPSuccessFeedbackSampleRate: '100',
      SubscriptionsConfirmed: '3',
    },
  })
  sns.on(ListTagsForResourceCommand).resolves({ Tags: [{ Key: 'team', Value: 'shop' }] })
  sns.on(GetDataProtectionPolicyCommand).resolves({ DataProtectionPolicy: JSON.stringify(protection) })

  const [seen] = await topic.get([{ arn }], api)

  expect(topic.toRow(seen)).toMatchObject({
    name: 'alarms',
    display_name: null,
    tracing_config: 'Active',
    signature_version: 2,
    maximum_message_size: 65_536,
    http_success_feedback_role_arn: role,
    http_success_feedback_sample_rate: 100,
    http_failure_feedback_role_arn: null,
    data_protection_policy: protection,
    subscriptions_confirmed: 3,
    tags: { team: 'shop' },
  })
})

test('a FIFO topic is not asked for a data protection policy, which AWS has for none', async () => {
  sns.on(GetTopicAttributesCommand).resolves({
    Attributes: { FifoTopic: 'true', FifoThroughputScope: 'Topic', ArchivePolicy: '{}' },
  })
  sns.on(ListTagsForResourceCommand).resolves({})

  const [seen] = await topic.get([{ arn: `${arn}.fifo` }], api)

  expect(sns.commandCalls(GetDataProtectionPolicyCommand)).toHaveLength(0)
  expect(topic.toRow(seen)).toMatchObject({
    fifo_topic: true,
    fifo_throughput_scope: 'Topic',
    archive_policy: null,
    data_protection_policy: null,
  })
})

test('clearing says so to AWS: by an empty text, and of an archive by an empty document', async () => {
  const attributes = { KmsMasterKeyId: 'alias/own', ArchivePolicy: '{"MessageRetentionPeriod":"30"}' }
  const seen = { arn, attributes, dataProtection: JSON.stringify(protection) }

  await update('topic', seen, { kms_master_key_id: null, archive_policy: null, data_protection_policy: null })

  expect(attributesSet().slice(0, 2)).toEqual([
    ['KmsMasterKeyId', ''],
    ['ArchivePolicy', '{}'],
  ])
  expect(sns.commandCalls(PutDataProtectionPolicyCommand)[0]?.args[0].input).toEqual({
    ResourceArn: arn,
    DataProtectionPolicy: '',
  })
})

const subscriptionArn = `${arn}:6f1ed002-ab57-4d15-ae79-0e5c8e2f3a4b`
const mail = { TopicArn: arn, Protocol: 'email', Endpoint: 'ops@example.com', PendingConfirmation: 'true' }
const wanted = { topic_id: { arn }, protocol: 'email', endpoint: 'ops@example.com' }

test('a subscription that waits for its confirmation is known by its ARN, and shows that it waits', async () => {
  sns.on(SubscribeCommand).resolves({ SubscriptionArn: subscriptionArn })
  sns.on(GetSubscriptionAttributesCommand).resolves({ Attributes: mail })

  const outcome = await subscription.create(rowOf('subscription', wanted), 'token', api)
  const [seen] = await subscription.get([{ arn: subscriptionArn }], api)

  expect(outcome).toEqual(done({ arn: subscriptionArn }))
  expect(sns.commandCalls(SubscribeCommand)[0]?.args[0].input).toMatchObject({ ReturnSubscriptionArn: true })
  expect(subscription.toRow(seen)).toMatchObject({
    topic_id: ref('aws_sns.topic', { arn }),
    endpoint: 'ops@example.com',
    pending_confirmation: true,
  })
})

test('a subscription that waits for its confirmation is left to AWS when it is deleted', async () => {
  await subscription.delete({ arn: subscriptionArn, attributes: mail }, {}, api)

  expect(sns.commandCalls(UnsubscribeCommand)).toHaveLength(0)
})

test('what AWS lists without an ARN, and subscriptions to topics of others, are left out', async () => {
  const theirs = 'arn:aws:sns:us-east-1:999999999999:theirs'
  sns.on(ListSubscriptionsCommand).resolves({
    Subscriptions: [
      { SubscriptionArn: 'PendingConfirmation', TopicArn: arn },
      { SubscriptionArn: `${theirs}:1`, TopicArn: theirs },
      { SubscriptionArn: subscriptionArn, TopicArn: arn, Protocol: 'email', Endpoint: 'ops@example.com' },
    ],
  })
  sns
    .on(ListSubscriptionsByTopicCommand)
    .resolves({ Subscriptions: [{ ...mail, SubscriptionArn: 'PendingConfirmation' }] })

  const listed = await Array.fromAsync(subscription.list(place, api))
  const found = await subscription.findByName?.(rowOf('subscription', wanted), api)

  expect(listed.map(subscription.idOf)).toEqual([{ arn: subscriptionArn }])
  expect(found).toBeUndefined()
})

test('a queue of the account and region shows by its name, one of elsewhere by its ARN', () => {
  const queueAt = (region: string) =>
    subscription.toRow({
      arn: subscriptionArn,
      attributes: { TopicArn: arn, Protocol: 'sqs', Endpoint: `arn:aws:sqs:${region}:123456789012:jobs` },
    })

  expect(queueAt('us-east-1')).toMatchObject({ queue_name: 'jobs', endpoint: null })
  expect(queueAt('eu-west-1')).toMatchObject({
    queue_name: null,
    endpoint: 'arn:aws:sqs:eu-west-1:123456789012:jobs',
  })
})

test('the scope of a filter goes before a policy on bodies and after one on attributes', async () => {
  const seen = { arn: subscriptionArn, attributes: mail }
  const onBody = { filter_policy: { a: { b: ['c'] } }, filter_policy_scope: 'MessageBody' }
  const onAttributes = { filter_policy: null, filter_policy_scope: 'MessageAttributes' }

  await update('subscription', seen, { ...wanted, ...onBody })
  await update('subscription', seen, { ...wanted, ...onAttributes })

  expect(sns.commandCalls(SetSubscriptionAttributesCommand)).toHaveLength(4)
  expect(attributesSet()).toEqual([
    ['FilterPolicyScope', 'MessageBody'],
    ['FilterPolicy', '{"a":{"b":["c"]}}'],
    ['FilterPolicy', '{}'],
    ['FilterPolicyScope', 'MessageAttributes'],
  ])
})
