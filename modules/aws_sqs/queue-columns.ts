/** Columns of a queue, which the table and its calls go by. */
import {
  arn,
  boolean,
  choice,
  integer,
  jsonDocument,
  policyDocument,
  type RowOf,
  reference,
  seconds,
  tags,
  text,
  timestamp,
} from '../kit/index.ts'

export const columns = {
  name: text('Name of the queue; ends in .fifo if and only if fifo_queue.', {
    required: true,
    replaces: 'after',
    check: "{} ~ '^[A-Za-z0-9_-]+([.]fifo)?$' AND length({}) <= 80",
  }),
  fifo_queue: boolean('First in, first out.', { default: false, replaces: 'after' }),
  visibility_timeout: seconds('How long a received message stays hidden.', { default: 30, max: 43_200 }),
  delay_seconds: seconds('How long a new message stays hidden.', { default: 0, max: 900 }),
  receive_message_wait_time_seconds: seconds('How long a receive waits for a message.', {
    default: 0,
    max: 20,
  }),
  message_retention_period: seconds('How long a message is kept.', {
    default: 345_600,
    min: 60,
    max: 1_209_600,
  }),
  maximum_message_size: integer('Bytes of the largest message.', {
    default: 262_144,
    min: 1_024,
    max: 1_048_576,
  }),
  policy: policyDocument('Who may send and receive; null: the owner alone.', { clearable: true }),
  redrive_target_id: reference('aws_sqs.queue', 'Dead-letter queue, of the same kind (FIFO or not).', {
    need: 'exists',
    clearable: true,
  }),
  redrive_max_receive_count: integer('Receives after which a message goes there; null: 10.', {
    min: 1,
    max: 1_000,
    clearable: true,
    with: 'redrive_target_id',
  }),
  redrive_allow_policy: jsonDocument('Which queues may use this one as their dead-letter queue.', {
    clearable: true,
  }),
  kms_master_key_id: text('Key that encrypts messages: id, ARN or alias; null: none of KMS.', {
    clearable: true,
  }),
  kms_data_key_reuse_period_seconds: seconds('How long a data key is used again.', { min: 60, max: 86_400 }),
  sqs_managed_sse_enabled: boolean('Encrypts messages by a key of SQS; null lets AWS choose.'),
  content_based_deduplication: boolean('FIFO: messages of the same content are one; null: no.'),
  deduplication_scope: choice(['messageGroup', 'queue'], 'FIFO: where duplicates are looked for.'),
  fifo_throughput_limit: choice(['perQueue', 'perMessageGroupId'], 'FIFO: what the throughput limit is for.'),
  url: text('Address of the queue, made by SQS.', { output: true }),
  arn: arn('ARN of the queue.', { output: true }),
  created_at: timestamp('When it was made.', { output: true }),
  tags: tags(),
}

export type Row = RowOf<typeof columns>
