/** What a topic looks like: standard and FIFO, and watched over by logs and traces. */
import { examplesOf } from '../kit/index.ts'
import { topic } from './topic.ts'

const letting = (service: string) => ({
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'Publish',
      Effect: 'Allow',
      Principal: { Service: service },
      Action: 'sns:Publish',
      Resource: 'arn:aws:sns:us-east-1:123456789012:invoices',
    },
  ],
})

const logsDeliveries = 'arn:aws:iam::123456789012:role/sns-logs'

export const topicExamples = examplesOf(topic, {
  base: {
    name: 'invoices',
    display_name: 'Invoices',
    kms_master_key_id: 'alias/aws/sns',
    tags: { team: 'shop', stage: 'trial' },
  },
  update: {
    display_name: 'Your invoices',
    kms_master_key_id: null,
    policy: letting('events.amazonaws.com'),
    delivery_policy: {
      http: { defaultHealthyRetryPolicy: { minDelayTarget: 5, maxDelayTarget: 60, numRetries: 10 } },
    },
    tags: { team: 'shop', tier: '1' },
  },
  replace: { name: 'invoices-2' },
})

export const fifoTopicExamples = examplesOf(topic, {
  variant: 'FIFO',
  base: { name: 'payments.fifo', fifo_topic: true, content_based_deduplication: true },
  update: { content_based_deduplication: false },
  replace: { name: 'payments-2.fifo' },
})

export const watchedTopicExamples = examplesOf(topic, {
  variant: 'watched',
  emulator: 'tells nothing of tracing, signatures, feedback, message size and data protection',
  base: {
    name: 'alarms',
    tracing_config: 'Active',
    signature_version: 2,
    maximum_message_size: 65_536,
    http_success_feedback_role_arn: logsDeliveries,
    http_success_feedback_sample_rate: 100,
    http_failure_feedback_role_arn: logsDeliveries,
    data_protection_policy: {
      Name: 'no-addresses',
      Version: '2021-06-01',
      Statement: [
        {
          Sid: 'Refuse',
          DataDirection: 'Inbound',
          Principal: ['*'],
          DataIdentifier: ['arn:aws:dataprotection::aws:data-identifier/EmailAddress'],
          Operation: { Deny: {} },
        },
      ],
    },
  },
  update: {
    tracing_config: 'PassThrough',
    http_success_feedback_sample_rate: 10,
    data_protection_policy: null,
  },
  replace: { name: 'alarms-2' },
})
