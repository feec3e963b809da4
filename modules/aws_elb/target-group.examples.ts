/** What a target group looks like: addresses of tasks behind HTTP. */
import { examplesOf, needed } from '../kit/index.ts'
import { targetGroup } from './target-group.ts'

export const targetGroupExamples = examplesOf(targetGroup, {
  needs: { vpc: { table: 'vpc', row: { cidr_block: '10.91.0.0/16' } } },
  base: {
    target_group_name: 'shop',
    target_type: 'ip',
    protocol: 'HTTP',
    port: 80,
    vpc: needed('vpc'),
    health_check_path: '/health',
    deregistration_delay: 30,
    tags: { team: 'shop', stage: 'trial' },
  },
  update: {
    health_check_path: '/ready',
    health_check_interval_seconds: 60,
    matcher: '200-299',
    deregistration_delay: 60,
    stickiness_enabled: true,
    dns_failover_minimum_healthy_targets_count: '2',
    unhealthy_state_routing_minimum_healthy_targets_percentage: '50',
    tags: { team: 'shop' },
  },
  replace: { port: 8080 },
})
