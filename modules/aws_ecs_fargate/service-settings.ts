/** What ECS is told of a service at its create, and of a changed one. */
import type { CapacityProviderStrategyItem, ServiceRegistry } from '@aws-sdk/client-ecs'
import type { Json, Resolved } from '../kit/index.ts'
import type { Row } from './service-columns.ts'
import { balancersOf, networkOf } from './service-lines.ts'

const listIn = <Item>(value: Json): Item[] => (Array.isArray(value) ? (value as unknown as Item[]) : [])

const capacityOf = (want: Resolved<Row>) => {
  const capacityProviderStrategy = listIn<CapacityProviderStrategyItem>(want.capacity_provider_strategy)
  return capacityProviderStrategy.length > 0 ? { capacityProviderStrategy } : {}
}

/** What create and update take alike. */
export const settingsOf = (want: Resolved<Row>) => ({
  taskDefinition: want.task_definition_id?.task_definition_arn,
  desiredCount: want.desired_count,
  networkConfiguration: { awsvpcConfiguration: networkOf(want) },
  loadBalancers: balancersOf(want.load_balancers),
  platformVersion: want.platform_version,
  deploymentConfiguration: {
    maximumPercent: want.deployment_maximum_percent,
    minimumHealthyPercent: want.deployment_minimum_healthy_percent,
    deploymentCircuitBreaker: { enable: want.deployment_circuit_breaker, rollback: want.deployment_rollback },
  },
  enableExecuteCommand: want.enable_execute_command,
  enableECSManagedTags: want.enable_ecs_managed_tags,
  propagateTags: want.propagate_tags,
  availabilityZoneRebalancing: want.availability_zone_rebalancing ?? undefined,
  serviceRegistries: listIn<ServiceRegistry>(want.service_registries),
  ...capacityOf(want),
  // Without a load balancer ECS refuses even zero.
  ...(want.load_balancers.length > 0 || want.health_check_grace_period_seconds > 0
    ? { healthCheckGracePeriodSeconds: want.health_check_grace_period_seconds }
    : {}),
})

type Settings = ReturnType<typeof settingsOf>

/** Settings by the columns that they are of; what is not sent stays, and does not begin a deployment. */
const settingOf: Partial<Record<keyof Row, keyof Settings>> = {
  task_definition_id: 'taskDefinition',
  desired_count: 'desiredCount',
  subnets: 'networkConfiguration',
  security_groups: 'networkConfiguration',
  assign_public_ip: 'networkConfiguration',
  load_balancers: 'loadBalancers',
  platform_version: 'platformVersion',
  deployment_maximum_percent: 'deploymentConfiguration',
  deployment_minimum_healthy_percent: 'deploymentConfiguration',
  deployment_circuit_breaker: 'deploymentConfiguration',
  deployment_rollback: 'deploymentConfiguration',
  enable_execute_command: 'enableExecuteCommand',
  enable_ecs_managed_tags: 'enableECSManagedTags',
  propagate_tags: 'propagateTags',
  availability_zone_rebalancing: 'availabilityZoneRebalancing',
  service_registries: 'serviceRegistries',
  capacity_provider_strategy: 'capacityProviderStrategy',
  health_check_grace_period_seconds: 'healthCheckGracePeriodSeconds',
}

type Changed = Partial<Settings> & { readonly forceNewDeployment?: true }

export function changedSettings(want: Resolved<Row>, changed: readonly string[]): Changed {
  const all: Settings = settingsOf(want)
  const names = changed.flatMap((column) => settingOf[column as keyof Row] ?? [])
  return {
    ...Object.fromEntries(names.map((name) => [name, all[name] ?? unset[name]])),
    // ECS refuses other capacity for tasks that run on.
    ...(names.includes('capacityProviderStrategy') ? { forceNewDeployment: true } : {}),
  }
}

/** How a setting that a row says nothing of is taken back. */
const unset: Partial<Record<keyof Settings, unknown>> = {
  capacityProviderStrategy: [],
  healthCheckGracePeriodSeconds: 0,
}
