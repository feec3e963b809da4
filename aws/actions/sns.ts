/**
 * Topics. What is asked about one subscription knows no resource.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html
 */
import { anything, inAccount, passingRole, type ServiceActions, same, sameWith } from './action-group.ts'

export const snsActions: ServiceActions = {
  service: 'SNS',
  plainReads: 'sns',
  groups: [
    {
      on: anything,
      actions: same(
        'sns',
        'GetSubscriptionAttributes',
        'ListSubscriptions',
        'ListTopics',
        'SetSubscriptionAttributes',
        'Unsubscribe',
      ),
    },
    {
      on: inAccount('sns', '*'),
      actions: {
        ...same(
          'sns',
          'DeleteTopic',
          'GetDataProtectionPolicy',
          'GetTopicAttributes',
          'ListSubscriptionsByTopic',
          'ListTagsForResource',
          'PutDataProtectionPolicy',
          'SetTopicAttributes',
          'Subscribe',
          'TagResource',
          'UntagResource',
        ),
        ...sameWith('sns', ['sns:PutDataProtectionPolicy', 'sns:TagResource'], 'CreateTopic'),
      },
    },
    // By which deliveries are logged, and written to a stream.
    passingRole(
      ['sns.amazonaws.com'],
      'CreateTopic',
      'SetSubscriptionAttributes',
      'SetTopicAttributes',
      'Subscribe',
    ),
  ],
}
