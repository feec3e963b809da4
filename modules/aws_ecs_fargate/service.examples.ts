/** What a service looks like, with where it runs and who sends to it. */
import { examplesOf, needed, neededValue } from '../kit/index.ts'
import { service } from './service.ts'

const subnetIn = (zone: string, network: string) => ({
  table: 'subnet',
  row: { vpc_id: needed('vpc'), cidr_block: network, availability_zone: zone },
})

const definitionOf = (family: string) => ({
  table: 'task_definition',
  row: {
    family,
    cpu_memory: 'vCPU0.25-0.5GB',
    container_definitions: [{ name: 'web', image: 'nginx:1.29', container_port: 80 }],
  },
})

export const serviceExamples = examplesOf(service, {
  needs: {
    vpc: { table: 'vpc', row: { cidr_block: '10.92.0.0/16' } },
    first: subnetIn('us-east-1a', '10.92.1.0/24'),
    second: subnetIn('us-east-1b', '10.92.2.0/24'),
    guard: {
      table: 'security_group',
      row: { group_name: 'tasks', description: 'Tasks of the shop', vpc_id: needed('vpc') },
    },
    targets: {
      table: 'target_group',
      row: {
        target_group_name: 'tasks',
        target_type: 'ip',
        protocol: 'HTTP',
        port: 80,
        vpc: needed('vpc'),
      },
    },
    cluster: { table: 'cluster', row: { cluster_name: 'serving' } },
    task: definitionOf('serving'),
    next: definitionOf('serving-next'),
  },
  base: {
    name: 'web',
    cluster_id: needed('cluster'),
    task_definition_id: needed('task'),
    desired_count: 1,
    subnets: [{ subnet_id: neededValue('subnet', 'first', 'subnet_id') }],
    security_groups: [{ security_group_id: neededValue('security_group', 'guard', 'group_id') }],
    load_balancers: [
      {
        target_group_id: neededValue('target_group', 'targets', 'target_group_arn'),
        container_name: 'web',
        container_port: 80,
      },
    ],
    tags: { team: 'shop', stage: 'trial' },
  },
  update: {
    desired_count: 2,
    task_definition_id: needed('next'),
    subnets: [
      { subnet_id: neededValue('subnet', 'first', 'subnet_id') },
      { subnet_id: neededValue('subnet', 'second', 'subnet_id') },
    ],
    tags: { team: 'shop' },
  },
  replace: { name: 'web-2' },
})
