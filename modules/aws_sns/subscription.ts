/** SNS subscriptions: one row, one way out of a topic. */
import {
  GetSubscriptionAttributesCommand,
  ListSubscriptionsByTopicCommand,
  ListSubscriptionsCommand,
  SetSubscriptionAttributesCommand,
  SNSClient,
  SubscribeCommand,
  UnsubscribeCommand,
} from '@aws-sdk/client-sns'
import {
  arnOf,
  booleanIn,
  type CloudApi,
  defineMapper,
  defineTable,
  done,
  jsonIn,
  type Place,
  type Resolved,
  ref,
  resourceOf,
  unlessAbsent,
} from '../kit/index.ts'
import { type Attributes, documentIn } from './attributes.ts'
import {
  attributeColumns,
  attributeNames,
  attributeOf,
  attributesToCreate,
  inOrder,
} from './subscription-attributes.ts'
import { columns, type Row } from './subscription-columns.ts'

interface SeenSubscription {
  readonly arn: string
  /** A list has no more than these. */
  readonly attributes: Attributes
}

const hydrated = [
  ...attributeColumns,
  ...(['pending_confirmation', 'confirmation_was_authenticated', 'effective_delivery_policy'] as const),
  ...(['replay_status', 'subscription_principal'] as const),
]

/** The place of a topic or a queue. */
function placeOf(arn: string): Place {
  const [, , , region = '', accountId = ''] = arn.split(':')
  return { region, accountId }
}

const isAt = (arn: string, { region, accountId }: Place): boolean => {
  const place = placeOf(arn)
  return place.region === region && place.accountId === accountId
}

const endpointOf = ({ queue_name, endpoint }: Resolved<Row>, place: Place): string =>
  queue_name === null ? (endpoint ?? '') : arnOf('sqs', place, queue_name)

async function readSubscription(arn: string, sns: CloudApi): Promise<SeenSubscription | undefined> {
  const found = await unlessAbsent(sns.send(GetSubscriptionAttributesCommand, { SubscriptionArn: arn }))
  return found && { arn, attributes: found.Attributes ?? {} }
}

/** What AWS lists without an ARN waits for its confirmation, or is gone. */
const hasArn = (arn: string | undefined): arn is string => arn?.startsWith('arn:') ?? false

async function findSubscription(want: Resolved<Row>, sns: CloudApi): Promise<SeenSubscription | undefined> {
  const endpoint = endpointOf(want, sns.place)
  const input = { TopicArn: want.topic_id.arn }
  for await (const one of sns.pages(ListSubscriptionsByTopicCommand, input, (page) => page.Subscriptions))
    if (one.Protocol === want.protocol && one.Endpoint === endpoint && hasArn(one.SubscriptionArn))
      return readSubscription(one.SubscriptionArn, sns)
  return undefined
}

const queueIn = (arn: string, place: Place): string | null =>
  arn.split(':')[2] === 'sqs' && isAt(arn, place) ? resourceOf(arn) : null

function toRow({ arn, attributes: a }: SeenSubscription): Row {
  const { TopicArn = '', Endpoint = '' } = a
  const queue_name = a.Protocol === 'sqs' ? queueIn(Endpoint, placeOf(TopicArn)) : null
  const redrive = jsonIn(a.RedrivePolicy) as { deadLetterTargetArn: string } | null
  return {
    topic_id: ref('aws_sns.topic', { arn: TopicArn }),
    protocol: (a.Protocol ?? 'https') as Row['protocol'],
    queue_name,
    endpoint: queue_name === null ? Endpoint : null,
    raw_message_delivery: booleanIn(a.RawMessageDelivery) ?? false,
    filter_policy: documentIn(a.FilterPolicy),
    filter_policy_scope: a.FilterPolicyScope === 'MessageBody' ? 'MessageBody' : 'MessageAttributes',
    redrive_queue_name: redrive && resourceOf(redrive.deadLetterTargetArn),
    delivery_policy: documentIn(a.DeliveryPolicy),
    subscription_role_arn: a.SubscriptionRoleArn || null,
    replay_policy: documentIn(a.ReplayPolicy),
    arn,
    pending_confirmation: booleanIn(a.PendingConfirmation),
    confirmation_was_authenticated: booleanIn(a.ConfirmationWasAuthenticated),
    effective_delivery_policy: jsonIn(a.EffectiveDeliveryPolicy),
    replay_status: a.ReplayStatus || null,
    owner_id: a.Owner ?? null,
    subscription_principal: a.SubscriptionPrincipal ?? null,
  }
}

export const subscription = defineTable({
  name: 'subscription',
  description:
    'Where the messages of a topic of this account go. While it waits for its confirmation AWS deletes none, and shows none that others have made.',
  naturalKey: ['topic_id', 'protocol', 'queue_name', 'endpoint'],
  nullsAlike: true,
  named: true,
  holdsData: false,
  hydrates: hydrated,
  columns,
  checks: [
    {
      sql: 'num_nonnulls(queue_name, endpoint) = 1',
      message: 'messages go to one of queue_name and endpoint',
    },
    { sql: "queue_name IS NULL OR protocol = 'sqs'", message: 'a queue is reached by the protocol sqs' },
    {
      sql: "endpoint IS NULL OR protocol <> 'sqs' OR endpoint NOT LIKE 'arn:%:sqs:' || region || ':' || account_id || ':%'",
      message: 'a queue of this account and region is a queue_name',
    },
    {
      sql: "protocol <> 'sms' OR endpoint ~ '^[+][1-9][0-9]{1,14}$'",
      message: 'a phone number is written as +15550100',
    },
    {
      sql: "filter_policy IS NOT NULL OR filter_policy_scope = 'MessageAttributes'",
      message: 'filter_policy_scope is that of a filter_policy',
    },
    {
      sql: "protocol <> 'firehose' OR subscription_role_arn IS NOT NULL",
      message: 'a subscription of Firehose has a subscription_role_arn',
    },
  ],
  mapper: defineMapper<Row, SeenSubscription>()({
    client: SNSClient,
    operations: [
      'ListSubscriptions',
      'ListSubscriptionsByTopic',
      'GetSubscriptionAttributes',
      'Subscribe',
      'SetSubscriptionAttributes',
      'Unsubscribe',
    ],
    idOf: ({ arn }) => ({ arn }),
    async *list(place, sns) {
      const all = sns.pages(ListSubscriptionsCommand, {}, (page) => page.Subscriptions)
      for await (const {
        SubscriptionArn: arn,
        TopicArn = '',
        Protocol = '',
        Endpoint = '',
        Owner = '',
      } of all)
        if (hasArn(arn) && isAt(TopicArn, place))
          yield { arn, attributes: { TopicArn, Protocol, Endpoint, Owner } }
    },
    get: (ids, sns) => sns.each(ids, ({ arn = '' }) => readSubscription(arn, sns)),
    findByName: findSubscription,
    async create(want, _, sns) {
      const { SubscriptionArn: arn = '' } = await sns.send(SubscribeCommand, {
        TopicArn: want.topic_id.arn,
        Protocol: want.protocol,
        Endpoint: endpointOf(want, sns.place),
        Attributes: attributesToCreate(want, sns.place),
        // Else one that waits for its confirmation has none.
        ReturnSubscriptionArn: true,
      })
      return done({ arn })
    },
    async update({ arn }, want, delta, _, sns) {
      for (const column of inOrder(want).filter((column) => delta[column]))
        await sns.send(SetSubscriptionAttributesCommand, {
          SubscriptionArn: arn,
          AttributeName: attributeNames[column],
          AttributeValue: attributeOf(column, want, sns.place),
        })
      return done({ arn })
    },
    async delete({ arn, attributes }, _, sns) {
      // AWS drops what nobody confirms by itself, and refuses to be told.
      if (attributes.PendingConfirmation !== 'true')
        await sns.send(UnsubscribeCommand, { SubscriptionArn: arn })
      return done({ arn })
    },
    toRow,
  }),
})
