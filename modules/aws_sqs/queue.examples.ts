/** What a queue looks like, changed in place and replaced. */
import { examplesOf, needed } from '../kit/index.ts'
import { queue } from './queue.ts'

export const queueExamples = examplesOf(queue, {
  needs: { failures: { table: 'queue', row: { name: 'failed-jobs' } } },
  base: { name: 'jobs', visibility_timeout: 60, tags: { team: 'search' } },
  update: {
    visibility_timeout: 120,
    redrive_target_id: needed('failures'),
    redrive_max_receive_count: 5,
    tags: { team: 'search', tier: '1' },
  },
  replace: { name: 'jobs-2' },
})
