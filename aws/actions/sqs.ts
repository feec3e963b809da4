/** Queues. https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html */
import { anything, inAccount, type ServiceActions, same, sameWith } from './action-group.ts'

export const sqsActions: ServiceActions = {
  service: 'SQS',
  plainReads: 'sqs',
  groups: [
    { on: anything, actions: same('sqs', 'ListQueues') },
    {
      on: inAccount('sqs', '*'),
      actions: {
        ...same('sqs', 'GetQueueAttributes', 'GetQueueUrl', 'ListQueueTags'),
        ...sameWith('sqs', ['sqs:TagQueue'], 'CreateQueue'),
        ...same('sqs', 'DeleteQueue', 'SetQueueAttributes', 'TagQueue', 'UntagQueue'),
      },
    },
  ],
}
