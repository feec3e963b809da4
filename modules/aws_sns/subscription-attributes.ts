/** Columns of a subscription that AWS takes along with the create, and afterwards one a call. */
import { arnOf, type Place, type Resolved } from '../kit/index.ts'
import { attributeText } from './attributes.ts'
import { columns, type Row } from './subscription-columns.ts'

/** Columns that are one attribute each, in the order in which they are sent. */
export const attributeNames = {
  raw_message_delivery: 'RawMessageDelivery',
  filter_policy_scope: 'FilterPolicyScope',
  filter_policy: 'FilterPolicy',
  redrive_queue_name: 'RedrivePolicy',
  delivery_policy: 'DeliveryPolicy',
  subscription_role_arn: 'SubscriptionRoleArn',
  replay_policy: 'ReplayPolicy',
} as const satisfies Partial<Record<keyof Row, string>>

type AttributeColumn = keyof typeof attributeNames
export const attributeColumns = Object.keys(attributeNames) as AttributeColumn[]

export function attributeOf(column: AttributeColumn, want: Resolved<Row>, place: Place): string {
  if (column !== 'redrive_queue_name') return attributeText(attributeNames[column], want[column])
  const name = want.redrive_queue_name
  return name === null ? '' : JSON.stringify({ deadLetterTargetArn: arnOf('sqs', place, name) })
}

export const attributesToCreate = (want: Resolved<Row>, place: Place): Record<string, string> =>
  Object.fromEntries(
    attributeColumns
      .filter((column) => want[column] !== null && want[column] !== columns[column].default)
      .map((column) => [attributeNames[column], attributeOf(column, want, place)]),
  )

/** A policy on bodies may be one that is none on attributes: it comes after their scope, and goes before it. */
export const inOrder = ({ filter_policy_scope }: Resolved<Row>): readonly AttributeColumn[] =>
  filter_policy_scope === 'MessageBody'
    ? attributeColumns
    : [...attributeColumns.filter((column) => column !== 'filter_policy_scope'), 'filter_policy_scope']
