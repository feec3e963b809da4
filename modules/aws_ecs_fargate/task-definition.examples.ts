/** What a task definition looks like: its tags change in place, all else makes a new revision. */
import { examplesOf, neededValue } from '../kit/index.ts'
import { taskDefinition } from './task-definition.ts'

const logs = { log_group_id: neededValue('log_group', 'logs', 'log_group_name') }

export const taskDefinitionExamples = examplesOf(taskDefinition, {
  needs: { logs: { table: 'log_group', row: { log_group_name: '/ecs/shop' } } },
  base: {
    family: 'shop',
    cpu_memory: 'vCPU0.25-0.5GB',
    container_definitions: [
      { name: 'web', image: 'nginx:1.29', container_port: 80, env_variables: { STAGE: 'trial' }, ...logs },
      {
        name: 'proxy',
        image: 'envoyproxy/envoy:v1.35',
        essential: false,
        command: ['envoy', '-c', '/e.yaml'],
        restart_policy: { enabled: true, restartAttemptPeriod: 60 },
        linux_capabilities: { drop: ['NET_RAW'] },
        pseudo_terminal: true,
      },
    ],
    tags: { team: 'shop', stage: 'trial' },
  },
  update: { tags: { team: 'shop' } },
  replace: {
    container_definitions: [{ name: 'web', image: 'nginx:1.30', container_port: 80, ...logs }],
    cpu_memory: 'vCPU0.5-1GB',
  },
})
