/** What a cluster looks like. */
import { examplesOf } from '../kit/index.ts'
import { cluster } from './cluster.ts'

export const clusterExamples = examplesOf(cluster, {
  base: { cluster_name: 'shop', container_insights: 'enabled', tags: { team: 'shop', stage: 'trial' } },
  update: {
    container_insights: 'disabled',
    capacity_providers: ['FARGATE', 'FARGATE_SPOT'],
    default_capacity_provider_strategy: [{ capacityProvider: 'FARGATE_SPOT', weight: 1, base: 0 }],
    tags: { team: 'shop' },
  },
  replace: { cluster_name: 'shop-2' },
})
