/** Topics that messages are published to, and the subscriptions that they go out by. */
import { defineModule } from '../kit/index.ts'
import { leftOut } from './left-out.ts'
import { filteredSubscriptionExamples, subscriptionExamples } from './subscription.examples.ts'
import { subscription } from './subscription.ts'
import { fifoTopicExamples, topicExamples, watchedTopicExamples } from './topic.examples.ts'
import { topic } from './topic.ts'

export const awsSns = defineModule({
  name: 'aws_sns',
  version: '0.1.0',
  requires: ['aws_account', 'aws_sqs'],
  tables: [topic, subscription],
  examples: [
    topicExamples,
    fifoTopicExamples,
    watchedTopicExamples,
    subscriptionExamples,
    filteredSubscriptionExamples,
  ],
  leftOut,
})
