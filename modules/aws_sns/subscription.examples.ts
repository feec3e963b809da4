/** What a subscription looks like: to a page that takes messages, and filtered to a queue. */
import { examplesOf, needed } from '../kit/index.ts'
import { subscription } from './subscription.ts'

export const subscriptionExamples = examplesOf(subscription, {
  needs: { news: { table: 'topic', row: { name: 'news' } } },
  base: { topic_id: needed('news'), protocol: 'https', endpoint: 'https://shop.example.com/news' },
  update: {
    raw_message_delivery: true,
    delivery_policy: { healthyRetryPolicy: { minDelayTarget: 5, maxDelayTarget: 60, numRetries: 10 } },
  },
  replace: { protocol: 'email', endpoint: 'news@shop.example.com' },
})

export const filteredSubscriptionExamples = examplesOf(subscription, {
  variant: 'filtered',
  needs: {
    orders: { table: 'topic', row: { name: 'orders' } },
    bills: { table: 'queue', row: { name: 'bills' } },
    parcels: { table: 'queue', row: { name: 'parcels' } },
    failures: { table: 'queue', row: { name: 'undelivered' } },
  },
  base: {
    topic_id: needed('orders'),
    protocol: 'sqs',
    queue_name: 'bills',
    filter_policy: { kind: ['order', 'refund'] },
  },
  update: {
    raw_message_delivery: true,
    filter_policy: { customer: { country: ['de', 'fr'] } },
    filter_policy_scope: 'MessageBody',
    redrive_queue_name: 'undelivered',
  },
  replace: { queue_name: 'parcels' },
})
