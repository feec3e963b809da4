/** What an elastic IP address looks like; nothing but its tags changes in place. */
import { examplesOf } from '../kit/index.ts'
import { elasticIp } from './elastic-ip.ts'

export const elasticIpExamples = examplesOf(elasticIp, {
  base: { tags: { Name: 'way out' } },
  update: { tags: { Name: 'way out', team: 'network' } },
  replace: null,
})

export const pooledElasticIpExamples = examplesOf(elasticIp, {
  variant: 'from a pool',
  base: { public_ipv4_pool: 'ipv4pool-ec2-012345', network_border_group: 'us-east-1' },
  update: null,
  replace: { public_ipv4_pool: 'ipv4pool-ec2-678901' },
  emulator: 'no pools of addresses',
})
