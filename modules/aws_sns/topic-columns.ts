/** What a topic has, and which of its columns are attributes. */
import {
  arn,
  boolean,
  choice,
  integer,
  jsonDocument,
  policyDocument,
  type RowOf,
  tags,
  text,
  timestamp,
} from '../kit/index.ts'

/** AWS takes all of them along with the create, and afterwards one a call. */
const attribute = { ownCall: ['update'] } as const
const clearable = { ...attribute, clearable: true } as const

const writesSuccesses = (to: string) =>
  arn(`Role by which deliveries to ${to} are written to CloudWatch Logs.`, clearable)
const writesFailures = (to: string) =>
  arn(`Role by which failed deliveries to ${to} are written to CloudWatch Logs.`, clearable)
const sampleRate = (to: string) =>
  integer(`Percentage of the deliveries to ${to} that is written; null lets AWS choose.`, {
    ...attribute,
    min: 0,
    max: 100,
  })

const feedbackColumns = {
  application_success_feedback_role_arn: writesSuccesses('mobile applications'),
  application_success_feedback_sample_rate: sampleRate('mobile applications'),
  application_failure_feedback_role_arn: writesFailures('mobile applications'),
  firehose_success_feedback_role_arn: writesSuccesses('Firehose'),
  firehose_success_feedback_sample_rate: sampleRate('Firehose'),
  firehose_failure_feedback_role_arn: writesFailures('Firehose'),
  http_success_feedback_role_arn: writesSuccesses('HTTP and HTTPS'),
  http_success_feedback_sample_rate: sampleRate('HTTP and HTTPS'),
  http_failure_feedback_role_arn: writesFailures('HTTP and HTTPS'),
  lambda_success_feedback_role_arn: writesSuccesses('Lambda'),
  lambda_success_feedback_sample_rate: sampleRate('Lambda'),
  lambda_failure_feedback_role_arn: writesFailures('Lambda'),
  sqs_success_feedback_role_arn: writesSuccesses('SQS'),
  sqs_success_feedback_sample_rate: sampleRate('SQS'),
  sqs_failure_feedback_role_arn: writesFailures('SQS'),
}

export const columns = {
  name: text('Name of the topic; ends in .fifo if and only if fifo_topic.', {
    required: true,
    replaces: 'after',
    check: "{} ~ '^[A-Za-z0-9_-]+([.]fifo)?$' AND length({}) <= 256",
  }),
  fifo_topic: boolean('First in, first out.', { default: false, replaces: 'after' }),
  display_name: text('Name of the sender in mails and text messages.', {
    ...clearable,
    check: 'length({}) BETWEEN 1 AND 100',
  }),
  policy: policyDocument('Who may publish and subscribe; null lets AWS choose: the owner alone.', attribute),
  delivery_policy: jsonDocument(
    'How deliveries to HTTP and HTTPS are tried again: {"http": {"defaultHealthyRetryPolicy": {…}}}.',
    clearable,
  ),
  kms_master_key_id: text('Key of KMS that encrypts messages: id, ARN or alias; null: none.', clearable),
  maximum_message_size: integer('Bytes of the largest message.', {
    ...attribute,
    default: 262_144,
    min: 1_024,
    max: 1_048_576,
  }),
  tracing_config: choice(
    ['PassThrough', 'Active'],
    'Whether X-Ray is told of messages that are traced; Active is for standard topics.',
    { ...attribute, default: 'PassThrough' },
  ),
  signature_version: integer('What messages are signed with; 1: SHA1, 2: SHA256.', {
    default: 1,
    min: 1,
    max: 2,
    ownCall: ['create', 'update'],
  }),
  data_protection_policy: jsonDocument(
    'What becomes of sensitive data in messages: audited, masked or refused; not for FIFO.',
    clearable,
  ),
  content_based_deduplication: boolean('FIFO: messages of the same content are one.', {
    ...attribute,
    default: false,
  }),
  fifo_throughput_scope: choice(
    ['Topic', 'MessageGroup'],
    'FIFO: what the throughput limit is for; null lets AWS choose.',
    attribute,
  ),
  archive_policy: jsonDocument(
    'FIFO: for how many days messages are kept for replays: {"MessageRetentionPeriod": "30"}. AWS deletes no topic that has one.',
    clearable,
  ),
  ...feedbackColumns,
  arn: arn('ARN of the topic.', { output: true }),
  effective_delivery_policy: jsonDocument('How deliveries are tried again, with the defaults of AWS.', {
    output: true,
  }),
  beginning_archive_time: timestamp('FIFO: from when on messages can be replayed.', {
    output: true,
    live: true,
  }),
  subscriptions_confirmed: integer('Subscriptions that messages go out by, when last read.', {
    output: true,
    live: true,
  }),
  subscriptions_pending: integer('Subscriptions that wait for their confirmation, when last read.', {
    output: true,
    live: true,
  }),
  subscriptions_deleted: integer('Subscriptions that were deleted, when last read.', {
    output: true,
    live: true,
  }),
  tags: tags(),
}

export type Row = RowOf<typeof columns>

/** Columns that are one attribute each; AWS takes and gives them all as text. */
export const attributeNames = {
  display_name: 'DisplayName',
  policy: 'Policy',
  delivery_policy: 'DeliveryPolicy',
  kms_master_key_id: 'KmsMasterKeyId',
  maximum_message_size: 'MaximumMessageSize',
  tracing_config: 'TracingConfig',
  signature_version: 'SignatureVersion',
  content_based_deduplication: 'ContentBasedDeduplication',
  fifo_throughput_scope: 'FifoThroughputScope',
  archive_policy: 'ArchivePolicy',
  application_success_feedback_role_arn: 'ApplicationSuccessFeedbackRoleArn',
  application_success_feedback_sample_rate: 'ApplicationSuccessFeedbackSampleRate',
  application_failure_feedback_role_arn: 'ApplicationFailureFeedbackRoleArn',
  firehose_success_feedback_role_arn: 'FirehoseSuccessFeedbackRoleArn',
  firehose_success_feedback_sample_rate: 'FirehoseSuccessFeedbackSampleRate',
  firehose_failure_feedback_role_arn: 'FirehoseFailureFeedbackRoleArn',
  http_success_feedback_role_arn: 'HTTPSuccessFeedbackRoleArn',
  http_success_feedback_sample_rate: 'HTTPSuccessFeedbackSampleRate',
  http_failure_feedback_role_arn: 'HTTPFailureFeedbackRoleArn',
  lambda_success_feedback_role_arn: 'LambdaSuccessFeedbackRoleArn',
  lambda_success_feedback_sample_rate: 'LambdaSuccessFeedbackSampleRate',
  lambda_failure_feedback_role_arn: 'LambdaFailureFeedbackRoleArn',
  sqs_success_feedback_role_arn: 'SQSSuccessFeedbackRoleArn',
  sqs_success_feedback_sample_rate: 'SQSSuccessFeedbackSampleRate',
  sqs_failure_feedback_role_arn: 'SQSFailureFeedbackRoleArn',
} as const satisfies Partial<Record<keyof Row, string>>
