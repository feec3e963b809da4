/** What a service has. */
import {
  arn,
  boolean,
  choice,
  chosenListOf,
  integer,
  jsonDocument,
  listOf,
  type RowOf,
  reference,
  seconds,
  tags,
  text,
  timestamp,
} from '../kit/index.ts'
import { serviceLoadBalancer, serviceSecurityGroup, serviceSubnet } from './service-lines.ts'

export const columns = {
  name: text('Name of the service, one of its cluster.', {
    required: true,
    replaces: 'after',
    check: "{} ~ '^[A-Za-z0-9_-]{1,255}$'",
  }),
  cluster_id: reference('aws_ecs_fargate.cluster', 'Cluster that it runs in; null: the one called default.', {
    replaces: 'after',
  }),
  task_definition_id: reference('aws_ecs_fargate.task_definition', 'What its tasks are made of.', {
    interrupts: true,
  }),
  desired_count: integer('Tasks that it keeps running.', { required: true, min: 0, interrupts: true }),
  subnets: listOf(serviceSubnet, { interrupts: true }),
  security_groups: chosenListOf(serviceSecurityGroup, { interrupts: true }),
  assign_public_ip: choice(['DISABLED', 'ENABLED'], 'Whether tasks get a public address.', {
    default: 'DISABLED',
  }),
  load_balancers: listOf(serviceLoadBalancer, { interrupts: true }),
  health_check_grace_period_seconds: seconds(
    'For which a new task is kept that load balancers find unhealthy.',
    {
      default: 0,
    },
  ),
  capacity_provider_strategy: jsonDocument(
    'Shares of who lends capacity; none: FARGATE alone: [{"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0}].',
    { default: [] },
  ),
  platform_version: text('Version of Fargate.', { default: 'LATEST' }),
  deployment_maximum_percent: integer('Most tasks in a deployment, of those desired.', {
    default: 200,
    min: 0,
  }),
  deployment_minimum_healthy_percent: integer('Fewest healthy tasks in a deployment, of those desired.', {
    default: 100,
    min: 0,
  }),
  deployment_circuit_breaker: boolean('A deployment whose tasks do not start has failed.', {
    default: false,
  }),
  deployment_rollback: boolean('What has failed so goes back to the deployment before.', { default: false }),
  enable_execute_command: boolean('Commands can be run in its containers.', { default: false }),
  enable_ecs_managed_tags: boolean('Tasks are tagged with cluster and service.', { default: false }),
  propagate_tags: choice(['NONE', 'SERVICE', 'TASK_DEFINITION'], 'Whose tags its tasks get as well.', {
    default: 'NONE',
  }),
  availability_zone_rebalancing: choice(
    ['ENABLED', 'DISABLED'],
    'Whether tasks are moved until all zones have as many; null lets AWS choose.',
  ),
  service_registries: jsonDocument(
    'Registries of Cloud Map: [{"registryArn": "arn:aws:servicediscovery:…"}].',
    {
      default: [],
    },
  ),
  arn: arn('ARN, made by AWS.', { output: true }),
  status: text('ACTIVE or DRAINING.', { output: true }),
  created_at: timestamp('When it was made.', { output: true }),
  tags: tags(),
}

export type Row = RowOf<typeof columns>
