/** What a subscription of SNS has, in its row. */
import { arn, boolean, choice, jsonDocument, type RowOf, reference, text } from '../kit/index.ts'

/** AWS takes all of them along with the create, and afterwards one a call. */
const attribute = { ownCall: ['update'] } as const
const clearable = { ...attribute, clearable: true } as const
const anew = { replaces: 'after' } as const

const protocols = [
  'sqs',
  'lambda',
  'firehose',
  'http',
  'https',
  'email',
  'email-json',
  'sms',
  'application',
] as const

export const columns = {
  topic_id: reference('aws_sns.topic', 'Topic whose messages it takes.', { ...anew, required: true }),
  protocol: choice(protocols, 'How messages are delivered.', { ...anew, required: true }),
  queue_name: reference('aws_sqs.queue', 'Queue of this account and region that they go to.', {
    ...anew,
    by: 'name',
  }),
  endpoint: text('Any other that they go to: URL, mail address, phone number or ARN.', anew),
  raw_message_delivery: boolean(
    'SQS, Firehose, HTTP: delivers the message alone, without what SNS says of it.',
    {
      ...attribute,
      default: false,
    },
  ),
  filter_policy: jsonDocument('Which messages it takes: {"kind": ["order"]}; null: all.', clearable),
  filter_policy_scope: choice(
    ['MessageAttributes', 'MessageBody'],
    'What of a message the filter policy looks at.',
    { ...attribute, default: 'MessageAttributes' },
  ),
  redrive_queue_name: reference('aws_sqs.queue', 'Dead-letter queue, for what cannot be delivered.', {
    ...clearable,
    by: 'name',
    need: 'exists',
  }),
  delivery_policy: jsonDocument(
    'HTTP: how deliveries are tried again: {"healthyRetryPolicy": {"numRetries": 10, …}}.',
    clearable,
  ),
  subscription_role_arn: arn('Firehose: role by which SNS writes to the stream.', attribute),
  replay_policy: jsonDocument(
    'FIFO: from when on messages of the archive are delivered again: {"PointType": "Timestamp", "StartingPoint": …}.',
    clearable,
  ),
  arn: arn('ARN of the subscription.', { output: true }),
  pending_confirmation: boolean('Whether the other end has still to confirm that it wants messages.', {
    output: true,
    live: true,
  }),
  confirmation_was_authenticated: boolean('Whether the one who confirmed it was known to AWS.', {
    output: true,
    live: true,
  }),
  effective_delivery_policy: jsonDocument(
    'HTTP: how deliveries are tried again, with the defaults of the topic.',
    {
      output: true,
      live: true,
    },
  ),
  replay_status: text('FIFO: Pending, In progress, Completed or Failed.', { output: true, live: true }),
  owner_id: text('Account that subscribed.', { output: true }),
  subscription_principal: arn('Who subscribed.', { output: true }),
}

export type Row = RowOf<typeof columns>
