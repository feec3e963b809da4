/** What a queue looks like, standard and FIFO, changed in place and replaced. */
import { examplesOf, needed } from '../kit/index.ts'
import { queue } from './queue.ts'

export const queueExamples = examplesOf(queue, {
  needs: { failures: { table: 'queue', row: { name: 'failed-jobs' } } },
  base: { name: 'jobs', visibility_timeout: 60, tags: { team: 'search', stage: 'trial' } },
  update: {
    visibility_timeout: 120,
    redrive_target_id: needed('failures'),
    redrive_max_receive_count: 5,
    tags: { team: 'search', tier: '1' },
  },
  replace: { name: 'jobs-2' },
})

export const fifoQueueExamples = examplesOf(queue, {
  variant: 'FIFO',
  needs: { failures: { table: 'queue', row: { name: 'failed-jobs.fifo', fifo_queue: true } } },
  base: { name: 'jobs.fifo', fifo_queue: true, content_based_deduplication: true },
  update: {
    content_based_deduplication: false,
    redrive_target_id: needed('failures'),
    redrive_max_receive_count: 5,
  },
  replace: { name: 'jobs-2.fifo' },
})
