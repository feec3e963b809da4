/** SQS queues: one row, one queue. */
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  ListQueueTagsCommand,
  type QueueAttributeName,
  SetQueueAttributesCommand,
  SQSClient,
  TagQueueCommand,
  UntagQueueCommand,
} from '@aws-sdk/client-sqs'
import {
  booleanIn,
  type CloudApi,
  defineMapper,
  defineTable,
  done,
  IasqlError,
  jsonIn,
  numberIn,
  type Resolved,
  ref,
  type TagMap,
  tagChanges,
  textOf,
  unlessAbsent,
  visibleTags,
} from '../kit/index.ts'
import { nameOf, queueArnOf, urlOf } from './queue-address.ts'
import { columns, type Row } from './queue-columns.ts'

type Attributes = Partial<Record<QueueAttributeName, string>>

interface SeenQueue {
  readonly url: string
  /** Absent in a list, as are the tags. */
  readonly attributes?: Attributes
  readonly tags?: TagMap
}

/** Columns that are one attribute each; AWS takes and gives them all as text. */
const attributeNames = {
  visibility_timeout: 'VisibilityTimeout',
  delay_seconds: 'DelaySeconds',
  receive_message_wait_time_seconds: 'ReceiveMessageWaitTimeSeconds',
  message_retention_period: 'MessageRetentionPeriod',
  maximum_message_size: 'MaximumMessageSize',
  policy: 'Policy',
  redrive_allow_policy: 'RedriveAllowPolicy',
  kms_master_key_id: 'KmsMasterKeyId',
  kms_data_key_reuse_period_seconds: 'KmsDataKeyReusePeriodSeconds',
  sqs_managed_sse_enabled: 'SqsManagedSseEnabled',
  content_based_deduplication: 'ContentBasedDeduplication',
  deduplication_scope: 'DeduplicationScope',
  fifo_throughput_limit: 'FifoThroughputLimit',
} as const satisfies Partial<Record<keyof Row, QueueAttributeName>>

type AttributeColumn = keyof typeof attributeNames
const attributeColumns = Object.keys(attributeNames) as AttributeColumn[]
const hydrated = [
  ...attributeColumns,
  ...(['redrive_target_id', 'redrive_max_receive_count', 'arn', 'created_at', 'tags'] as const),
]

function redriveOf({ redrive_target_id, redrive_max_receive_count }: Resolved<Row>, region: string): string {
  if (redrive_target_id === null) return ''
  const deadLetterTargetArn = queueArnOf(redrive_target_id.url ?? '', region)
  return JSON.stringify({ deadLetterTargetArn, maxReceiveCount: redrive_max_receive_count ?? 10 })
}

/** What a create says; `FifoQueue` may be true or absent, never false. */
function attributesToCreate(want: Resolved<Row>, region: string): Attributes {
  const said = attributeColumns.filter((column) => want[column] !== null)
  return {
    ...Object.fromEntries(said.map((column) => [attributeNames[column], textOf(want[column])])),
    ...(want.fifo_queue ? { FifoQueue: 'true' } : {}),
    ...(want.redrive_target_id ? { RedrivePolicy: redriveOf(want, region) } : {}),
  }
}

function attributesToUpdate(want: Resolved<Row>, changed: readonly string[], region: string): Attributes {
  const said = attributeColumns.filter((column) => changed.includes(column))
  const isTargetChanged = changed.includes('redrive_target_id')
  const isRedriveChanged = isTargetChanged || changed.includes('redrive_max_receive_count')
  // Without its target the count goes as well; a count that is set where there is none is a mistake.
  if (!isTargetChanged && isRedriveChanged && want.redrive_target_id === null)
    throw new IasqlError('cloud/invalid', 'redrive_max_receive_count needs a redrive_target_id')
  return {
    ...Object.fromEntries(said.map((column) => [attributeNames[column], textOf(want[column])])),
    ...(isRedriveChanged ? { RedrivePolicy: redriveOf(want, region) } : {}),
  }
}

const readQueue = (QueueUrl: string, sqs: CloudApi): Promise<SeenQueue | undefined> =>
  unlessAbsent(
    Promise.all([
      sqs.send(GetQueueAttributesCommand, { QueueUrl, AttributeNames: ['All'] }),
      sqs.send(ListQueueTagsCommand, { QueueUrl }),
    ]).then(([{ Attributes: attributes = {} }, { Tags: tags = {} }]) => ({
      url: QueueUrl,
      attributes,
      tags,
    })),
  )

async function updateTags(QueueUrl: string, seen: TagMap, want: TagMap | null, sqs: CloudApi): Promise<void> {
  const { put, remove } = tagChanges(seen, want)
  if (Object.keys(put).length) await sqs.send(TagQueueCommand, { QueueUrl, Tags: put })
  if (remove.length) await sqs.send(UntagQueueCommand, { QueueUrl, TagKeys: [...remove] })
}

function toRow({ url, attributes: a = {}, tags: all }: SeenQueue): Row {
  const redrive = jsonIn(a.RedrivePolicy) as { deadLetterTargetArn: string; maxReceiveCount: number } | null
  return {
    name: nameOf(url),
    fifo_queue: url.endsWith('.fifo'),
    visibility_timeout: numberIn(a.VisibilityTimeout) ?? 30,
    delay_seconds: numberIn(a.DelaySeconds) ?? 0,
    receive_message_wait_time_seconds: numberIn(a.ReceiveMessageWaitTimeSeconds) ?? 0,
    message_retention_period: numberIn(a.MessageRetentionPeriod) ?? 345_600,
    maximum_message_size: numberIn(a.MaximumMessageSize) ?? 262_144,
    policy: jsonIn(a.Policy),
    redrive_target_id: ref('aws_sqs.queue', redrive && { url: urlOf(redrive.deadLetterTargetArn, url) }),
    redrive_max_receive_count: redrive && Number(redrive.maxReceiveCount),
    redrive_allow_policy: jsonIn(a.RedriveAllowPolicy),
    kms_master_key_id: a.KmsMasterKeyId || null,
    kms_data_key_reuse_period_seconds: numberIn(a.KmsDataKeyReusePeriodSeconds),
    sqs_managed_sse_enabled: booleanIn(a.SqsManagedSseEnabled),
    content_based_deduplication: booleanIn(a.ContentBasedDeduplication),
    deduplication_scope: (a.DeduplicationScope as Row['deduplication_scope']) ?? null,
    fifo_throughput_limit: (a.FifoThroughputLimit as Row['fifo_throughput_limit']) ?? null,
    url,
    arn: a.QueueArn ?? null,
    created_at: a.CreatedTimestamp ? new Date(Number(a.CreatedTimestamp) * 1_000).toISOString() : null,
    tags: visibleTags(all),
  }
}

export const queue = defineTable({
  name: 'queue',
  description: 'A message queue of Amazon SQS.',
  naturalKey: ['name'],
  settleMs: 60_000,
  named: true,
  hydrates: hydrated,
  columns,
  checks: [
    { sql: "fifo_queue = (name LIKE '%.fifo')", message: 'a FIFO queue, and no other, is named *.fifo' },
  ],
  mapper: defineMapper<Row, SeenQueue>()({
    client: SQSClient,
    operations: [
      'ListQueues',
      'GetQueueUrl',
      'GetQueueAttributes',
      'ListQueueTags',
      'CreateQueue',
      'SetQueueAttributes',
      'TagQueue',
      'UntagQueue',
      'DeleteQueue',
    ],
    idOf: ({ url }) => ({ url }),
    async *list(_, sqs) {
      const urls = sqs.pages(ListQueuesCommand, { MaxResults: 1_000 }, (page) => page.QueueUrls)
      for await (const url of urls) yield { url }
    },
    get: (ids, sqs) => sqs.each(ids, ({ url = '' }) => readQueue(url, sqs)),
    async findByName({ name }, sqs) {
      const found = await unlessAbsent(sqs.send(GetQueueUrlCommand, { QueueName: name }))
      return found?.QueueUrl ? readQueue(found.QueueUrl, sqs) : undefined
    },
    async create(want, _, sqs) {
      const { QueueUrl: url = '' } = await sqs.send(CreateQueueCommand, {
        QueueName: want.name,
        Attributes: attributesToCreate(want, sqs.place.region),
        tags: want.tags ?? {},
      })
      return done({ url })
    },
    async update({ url, tags = {} }, want, delta, _, sqs) {
      const Attributes = attributesToUpdate(want, Object.keys(delta), sqs.place.region)
      if (Object.keys(Attributes).length)
        await sqs.send(SetQueueAttributesCommand, { QueueUrl: url, Attributes })
      if (delta.tags) await updateTags(url, tags, want.tags, sqs)
      return done({ url })
    },
    async delete({ url }, _, sqs) {
      await sqs.send(DeleteQueueCommand, { QueueUrl: url })
      return done({ url })
    },
    toRow,
  }),
})
