/** SNS topics: one row, one topic. */
import {
  CreateTopicCommand,
  DeleteTopicCommand,
  GetDataProtectionPolicyCommand,
  GetTopicAttributesCommand,
  ListTagsForResourceCommand,
  ListTopicsCommand,
  PutDataProtectionPolicyCommand,
  SetTopicAttributesCommand,
  SNSClient,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-sns'
import {
  arnOf,
  booleanIn,
  type CloudApi,
  type ColumnDelta,
  defineMapper,
  defineTable,
  done,
  IasqlError,
  jsonIn,
  numberIn,
  type Resolved,
  resourceOf,
  type TagMap,
  tagChanges,
  tagList,
  tagsFrom,
  textOf,
  unlessAbsent,
  waiting,
} from '../kit/index.ts'
import { type Attributes, attributeText, documentIn } from './attributes.ts'
import { attributeNames, columns, type Row } from './topic-columns.ts'

interface SeenTopic {
  readonly arn: string
  /** Absent in a list, as are the others. */
  readonly attributes?: Attributes
  readonly dataProtection?: string | undefined
  readonly tags?: TagMap
}

const attributeColumns = Object.keys(attributeNames) as (keyof typeof attributeNames)[]

type Sent = keyof typeof attributeNames | 'data_protection_policy'

const hydrated = [
  ...attributeColumns,
  ...(['data_protection_policy', 'effective_delivery_policy', 'beginning_archive_time', 'tags'] as const),
  ...(['subscriptions_confirmed', 'subscriptions_pending', 'subscriptions_deleted'] as const),
]

const isFifo = (arn: string): boolean => arn.endsWith('.fifo')

/** FIFO topics have none, nor has the emulator. */
async function readDataProtection(ResourceArn: string, sns: CloudApi): Promise<string | undefined> {
  if (isFifo(ResourceArn)) return undefined
  try {
    return (await sns.send(GetDataProtectionPolicyCommand, { ResourceArn })).DataProtectionPolicy
  } catch (error) {
    if (error instanceof IasqlError && error.code === 'cloud/not-emulated') return undefined
    throw error
  }
}

const readTopic = (arn: string, sns: CloudApi): Promise<SeenTopic | undefined> =>
  unlessAbsent(
    Promise.all([
      sns.send(GetTopicAttributesCommand, { TopicArn: arn }),
      readDataProtection(arn, sns),
      sns.send(ListTagsForResourceCommand, { ResourceArn: arn }),
    ]).then(([{ Attributes: attributes = {} }, dataProtection, { Tags }]) => ({
      arn,
      attributes,
      dataProtection,
      tags: tagsFrom(Tags),
    })),
  )

/** What a create says: nothing of what AWS takes as said, which it would refuse of the other kind of topic. */
function attributesToCreate(want: Resolved<Row>): Record<string, string> {
  const said = attributeColumns.filter(
    (column) =>
      column !== 'signature_version' && want[column] !== null && want[column] !== columns[column].default,
  )
  return {
    ...Object.fromEntries(said.map((column) => [attributeNames[column], textOf(want[column])])),
    ...(want.fifo_topic ? { FifoTopic: 'true' } : {}),
  }
}

async function updateTopic(
  seen: SeenTopic,
  want: Resolved<Row>,
  delta: ColumnDelta<Row>,
  sns: CloudApi,
): Promise<void> {
  const row = toRow(seen)
  const isNew = (column: Sent) => delta[column] && textOf(row[column]) !== textOf(want[column])
  for (const column of attributeColumns.filter(isNew)) {
    const AttributeName = attributeNames[column]
    const AttributeValue = attributeText(AttributeName, want[column])
    await sns.send(SetTopicAttributesCommand, { TopicArn: seen.arn, AttributeName, AttributeValue })
  }
  if (isNew('data_protection_policy'))
    await sns.send(PutDataProtectionPolicyCommand, {
      ResourceArn: seen.arn,
      DataProtectionPolicy: textOf(want.data_protection_policy),
    })
  if (delta.tags) await updateTags(seen, want.tags, sns)
}

async function updateTags({ arn, tags = {} }: SeenTopic, want: TagMap | null, sns: CloudApi): Promise<void> {
  const { put, remove } = tagChanges(tags, want)
  const ResourceArn = arn
  if (Object.keys(put).length) await sns.send(TagResourceCommand, { ResourceArn, Tags: tagList(put) })
  if (remove.length) await sns.send(UntagResourceCommand, { ResourceArn, TagKeys: [...remove] })
}

const feedbackOf = (a: Attributes) => ({
  application_success_feedback_role_arn: a.ApplicationSuccessFeedbackRoleArn || null,
  application_success_feedback_sample_rate: numberIn(a.ApplicationSuccessFeedbackSampleRate),
  application_failure_feedback_role_arn: a.ApplicationFailureFeedbackRoleArn || null,
  firehose_success_feedback_role_arn: a.FirehoseSuccessFeedbackRoleArn || null,
  firehose_success_feedback_sample_rate: numberIn(a.FirehoseSuccessFeedbackSampleRate),
  firehose_failure_feedback_role_arn: a.FirehoseFailureFeedbackRoleArn || null,
  http_success_feedback_role_arn: a.HTTPSuccessFeedbackRoleArn || null,
  http_success_feedback_sample_rate: numberIn(a.HTTPSuccessFeedbackSampleRate),
  http_failure_feedback_role_arn: a.HTTPFailureFeedbackRoleArn || null,
  lambda_success_feedback_role_arn: a.LambdaSuccessFeedbackRoleArn || null,
  lambda_success_feedback_sample_rate: numberIn(a.LambdaSuccessFeedbackSampleRate),
  lambda_failure_feedback_role_arn: a.LambdaFailureFeedbackRoleArn || null,
  sqs_success_feedback_role_arn: a.SQSSuccessFeedbackRoleArn || null,
  sqs_success_feedback_sample_rate: numberIn(a.SQSSuccessFeedbackSampleRate),
  sqs_failure_feedback_role_arn: a.SQSFailureFeedbackRoleArn || null,
})

function toRow({ arn, attributes: a = {}, dataProtection, tags }: SeenTopic): Row {
  return {
    name: resourceOf(arn),
    fifo_topic: isFifo(arn),
    display_name: a.DisplayName || null,
    policy: jsonIn(a.Policy),
    delivery_policy: documentIn(a.DeliveryPolicy),
    kms_master_key_id: a.KmsMasterKeyId || null,
    maximum_message_size: numberIn(a.MaximumMessageSize) ?? 262_144,
    tracing_config: a.TracingConfig === 'Active' ? 'Active' : 'PassThrough',
    signature_version: numberIn(a.SignatureVersion) ?? 1,
    data_protection_policy: documentIn(dataProtection),
    content_based_deduplication: booleanIn(a.ContentBasedDeduplication) ?? false,
    fifo_throughput_scope: (a.FifoThroughputScope as Row['fifo_throughput_scope']) || null,
    archive_policy: documentIn(a.ArchivePolicy),
    ...feedbackOf(a),
    arn,
    effective_delivery_policy: jsonIn(a.EffectiveDeliveryPolicy),
    beginning_archive_time: a.BeginningArchiveTime ? new Date(a.BeginningArchiveTime).toISOString() : null,
    subscriptions_confirmed: numberIn(a.SubscriptionsConfirmed),
    subscriptions_pending: numberIn(a.SubscriptionsPending),
    subscriptions_deleted: numberIn(a.SubscriptionsDeleted),
    tags: tags ?? {},
  }
}

export const topic = defineTable({
  name: 'topic',
  description: 'A topic of Amazon SNS: what is published to it goes out to its subscriptions.',
  naturalKey: ['name'],
  named: true,
  holdsData: false,
  hydrates: hydrated,
  columns,
  checks: [
    { sql: "fifo_topic = (name LIKE '%.fifo')", message: 'a FIFO topic, and no other, is named *.fifo' },
    {
      sql: 'fifo_topic OR NOT content_based_deduplication',
      message: 'content_based_deduplication is for FIFO topics',
    },
    {
      sql: 'NOT fifo_topic OR data_protection_policy IS NULL',
      message: 'a FIFO topic has no data_protection_policy',
    },
  ],
  mapper: defineMapper<Row, SeenTopic>()({
    client: SNSClient,
    operations: [
      'ListTopics',
      'GetTopicAttributes',
      'GetDataProtectionPolicy',
      'ListTagsForResource',
      'CreateTopic',
      'SetTopicAttributes',
      'PutDataProtectionPolicy',
      'TagResource',
      'UntagResource',
      'DeleteTopic',
    ],
    idOf: ({ arn }) => ({ arn }),
    async *list(_, sns) {
      for await (const { TopicArn: arn } of sns.pages(ListTopicsCommand, {}, (page) => page.Topics))
        if (arn) yield { arn }
    },
    get: (ids, sns) => sns.each(ids, ({ arn = '' }) => readTopic(arn, sns)),
    findByName: ({ name }, sns) => readTopic(arnOf('sns', sns.place, name), sns),
    async create(want, _, sns) {
      const { TopicArn: arn = '' } = await sns.send(CreateTopicCommand, {
        Name: want.name,
        Attributes: attributesToCreate(want),
        Tags: tagList(want.tags ?? {}),
        ...(want.data_protection_policy === null
          ? {}
          : { DataProtectionPolicy: JSON.stringify(want.data_protection_policy) }),
      })
      return want.signature_version === columns.signature_version.default
        ? done({ arn })
        : waiting({ arn }, 'its signature version', 'again')
    },
    async update(seen, want, delta, _, sns) {
      await updateTopic(seen, want, delta, sns)
      return done({ arn: seen.arn })
    },
    async delete({ arn }, _, sns) {
      await sns.send(DeleteTopicCommand, { TopicArn: arn })
      return done({ arn })
    },
    toRow,
  }),
})
