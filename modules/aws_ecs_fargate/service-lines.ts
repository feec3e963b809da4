/** Where the tasks of a service run and who sends to them: a line a subnet, a security group, a target group. */
import type { AwsVpcConfiguration, LoadBalancer } from '@aws-sdk/client-ecs'
import { defineLines, integer, type LineOf, reference, text } from '../kit/index.ts'

const ofService = { parent: 'service', via: 'service_id' } as const

export const serviceSubnet = defineLines({
  ...ofService,
  name: 'service_subnet',
  description: 'A subnet that tasks of a service run in.',
  list: 'subnets',
  key: ['subnet_id'],
  columns: {
    subnet_id: reference('aws_vpc.subnet', 'Subnet that tasks run in.', { by: 'subnet_id', required: true }),
  },
})

export const serviceSecurityGroup = defineLines({
  ...ofService,
  name: 'service_security_group',
  description:
    'A security group of the tasks of a service; without one they get the default group of the VPC.',
  list: 'security_groups',
  key: ['security_group_id'],
  columns: {
    security_group_id: reference('aws_security_group.security_group', 'Group that guards its tasks.', {
      by: 'group_id',
      required: true,
    }),
  },
})

export const serviceLoadBalancer = defineLines({
  ...ofService,
  name: 'service_load_balancer',
  description: 'A target group that the tasks of a service are registered with.',
  list: 'load_balancers',
  key: ['target_group_id', 'container_port'],
  columns: {
    target_group_id: reference('aws_elb.target_group', 'Target group, of the target type ip.', {
      by: 'target_group_arn',
      required: true,
    }),
    container_name: text('Container that answers.', { required: true }),
    container_port: integer('Port of it that answers.', { required: true, min: 1, max: 65_535 }),
  },
})

type SubnetLine = LineOf<typeof serviceSubnet>
type GroupLine = LineOf<typeof serviceSecurityGroup>
type BalancerLine = LineOf<typeof serviceLoadBalancer>

interface Network {
  readonly subnets: readonly SubnetLine[]
  readonly security_groups: readonly GroupLine[] | null
  readonly assign_public_ip: 'DISABLED' | 'ENABLED'
}

export const networkOf = ({ subnets, security_groups, assign_public_ip }: Network): AwsVpcConfiguration => ({
  subnets: subnets.map(({ subnet_id = '' }) => subnet_id),
  securityGroups: (security_groups ?? []).map(({ security_group_id = '' }) => security_group_id),
  assignPublicIp: assign_public_ip,
})

export const networkRow = (network: AwsVpcConfiguration | undefined): Network => ({
  subnets: (network?.subnets ?? []).map((subnet_id) => ({ subnet_id })),
  security_groups: (network?.securityGroups ?? []).map((security_group_id) => ({ security_group_id })),
  assign_public_ip: network?.assignPublicIp ?? 'DISABLED',
})

export const balancersOf = (lines: readonly BalancerLine[]): LoadBalancer[] =>
  lines.map(({ target_group_id, container_name, container_port }) => ({
    targetGroupArn: target_group_id,
    containerName: container_name,
    containerPort: container_port,
  }))

/** Those of classic load balancers have no target group and are left out. */
export const balancerLines = (balancers: readonly LoadBalancer[] | undefined): readonly BalancerLine[] =>
  (balancers ?? []).flatMap(({ targetGroupArn, containerName = '', containerPort = 0 }) =>
    targetGroupArn
      ? [{ target_group_id: targetGroupArn, container_name: containerName, container_port: containerPort }]
      : [],
  )
