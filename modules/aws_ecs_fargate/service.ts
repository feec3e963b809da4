/** Services: as many tasks of a definition as are wanted, kept running; one row, one service. */
import {
  CreateServiceCommand,
  DeleteServiceCommand,
  ECSClient,
  type Service,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs'
import { defineMapper, defineTable, done, type Json, type Propagation, ref, waiting } from '../kit/index.ts'
import { columns, type Row } from './service-columns.ts'
import { balancerLines, networkRow } from './service-lines.ts'
import { servicePrecedents } from './service-precedents.ts'
import { changedSettings, settingsOf } from './service-settings.ts'
import { clusterNameOf, clusterOf, isSteady, listServices, readServices } from './services.ts'
import { allTags, tagsIn, tagsToCreate, updateTags } from './tags.ts'

const idOf = ({ serviceArn }: Service) => ({ arn: serviceArn ?? '' })

function toRow(seen: Service): Row {
  const { deploymentConfiguration: deployment, taskDefinition } = seen
  const breaker = deployment?.deploymentCircuitBreaker
  const strategy = (seen.capacityProviderStrategy ?? []).map(
    ({ capacityProvider = '', weight = 0, base = 0 }) => ({ capacityProvider, weight, base }),
  )
  return {
    name: seen.serviceName ?? '',
    cluster_id: ref('aws_ecs_fargate.cluster', seen.clusterArn ? { cluster_arn: seen.clusterArn } : null),
    task_definition_id: ref(
      'aws_ecs_fargate.task_definition',
      taskDefinition ? { task_definition_arn: taskDefinition } : null,
    ),
    desired_count: seen.desiredCount ?? 0,
    ...networkRow(seen.networkConfiguration?.awsvpcConfiguration),
    load_balancers: balancerLines(seen.loadBalancers),
    health_check_grace_period_seconds: seen.healthCheckGracePeriodSeconds ?? 0,
    capacity_provider_strategy: strategy,
    platform_version: seen.platformVersion ?? 'LATEST',
    deployment_maximum_percent: deployment?.maximumPercent ?? 200,
    deployment_minimum_healthy_percent: deployment?.minimumHealthyPercent ?? 100,
    deployment_circuit_breaker: breaker?.enable ?? false,
    deployment_rollback: breaker?.rollback ?? false,
    enable_execute_command: seen.enableExecuteCommand ?? false,
    enable_ecs_managed_tags: seen.enableECSManagedTags ?? false,
    propagate_tags: seen.propagateTags ?? 'NONE',
    availability_zone_rebalancing: seen.availabilityZoneRebalancing ?? null,
    service_registries: (seen.serviceRegistries ?? []) as unknown as Json,
    arn: seen.serviceArn ?? null,
    status: seen.status ?? null,
    created_at: seen.createdAt?.toISOString() ?? null,
    tags: tagsIn(allTags(seen.tags)),
  }
}

const unready = (
  operation: string,
  what: Pick<Propagation, 'message' | 'forMs' | 'because'>,
): Propagation => ({ ...what, operation, error: 'InvalidParameterException' })

export const service = defineTable({
  name: 'service',
  description:
    'Tasks of Fargate that are kept running; service_subnet and service_security_group say where, service_load_balancer who sends to them.',
  naturalKey: ['name', 'cluster_id'],
  named: true,
  holdsData: false,
  settleMs: 15_000,
  estimates: { createMs: 90_000, updateMs: 120_000, deleteMs: 90_000 },
  after: servicePrecedents,
  propagates: [
    ...['CreateService', 'UpdateService'].map((operation) =>
      unready(operation, {
        message: /does not have an associated load balancer/i,
        forMs: 60_000,
        because: 'ECS has not heard yet of the listener that binds the target group to a load balancer',
      }),
    ),
    unready('CreateService', {
      message: /service linked role/i,
      forMs: 60_000,
      because: "the role of ECS is made along with the account's first cluster",
    }),
    unready('CreateService', {
      message: /still draining/i,
      forMs: 600_000,
      because: 'a service of that name was deleted and its tasks have not stopped yet',
    }),
  ],
  columns,
  mapper: defineMapper<Row, Service>()({
    client: ECSClient,
    operations: [
      'ListClusters',
      'ListServices',
      'DescribeServices',
      'CreateService',
      'UpdateService',
      'TagResource',
      'UntagResource',
      'DeleteService',
    ],
    idOf,
    list: (_, ecs) => listServices(ecs),
    async get(ids, ecs) {
      const byCluster = Map.groupBy(
        ids.map(({ arn: serviceArn = '' }) => serviceArn),
        clusterOf,
      )
      const found = await ecs.each([...byCluster], ([cluster, arns]) => readServices(cluster, arns, ecs))
      return found.flat()
    },
    async findByName({ cluster_id, name }, ecs) {
      return (await readServices(cluster_id?.cluster_arn ?? 'default', [name], ecs))[0]
    },
    async create(want, _, ecs) {
      const settings = settingsOf(want)
      const { service: made = {} } = await ecs.send(CreateServiceCommand, {
        cluster: want.cluster_id?.cluster_arn,
        serviceName: want.name,
        ...settings,
        ...('capacityProviderStrategy' in settings ? {} : { launchType: 'FARGATE' as const }),
        ...tagsToCreate(want.tags),
      })
      return waiting(idOf(made), 'the service to reach a steady state')
    },
    async update(seen, want, delta, _, ecs) {
      const id = idOf(seen)
      const settings = changedSettings(want, Object.keys(delta))
      if (Object.keys(settings).length > 0)
        await ecs.send(UpdateServiceCommand, {
          cluster: clusterNameOf(seen),
          service: seen.serviceName,
          ...settings,
        })
      if (delta.tags) await updateTags(id.arn, { seen: allTags(seen.tags), want: want.tags }, ecs)
      return Object.keys(settings).length > 0 ? waiting(id, 'the service to reach a steady state') : done(id)
    },
    async delete(seen, _, ecs) {
      const id = idOf(seen)
      if (seen.status !== 'DRAINING')
        await ecs.send(DeleteServiceCommand, {
          cluster: clusterNameOf(seen),
          service: seen.serviceName,
          force: true,
        })
      return waiting(id, 'its tasks to stop')
    },
    settled: isSteady,
    toRow,
  }),
})
