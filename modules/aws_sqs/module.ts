/** Message queues. */
import { defineModule } from '../kit/index.ts'
import { fifoQueueExamples, queueExamples } from './queue.examples.ts'
import { queue } from './queue.ts'

export const awsSqs = defineModule({
  name: 'aws_sqs',
  version: '0.1.0',
  requires: ['aws_account'],
  tables: [queue],
  examples: [queueExamples, fifoQueueExamples],
})
