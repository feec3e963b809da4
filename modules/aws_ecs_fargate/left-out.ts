/** Arguments of ECS that no row of these tables says. */
import type { LeftOut } from '../kit/index.ts'

export const leftOut: readonly LeftOut[] = [
  {
    of: ['RegisterTaskDefinition'],
    arguments: [
      ...['links', 'hostname', 'dnsServers', 'dnsSearchDomains', 'extraHosts', 'disableNetworking'],
      ...['privileged', 'dockerSecurityOptions', 'resourceRequirements'],
      ...['linuxParameters.devices', 'linuxParameters.sharedMemorySize'],
      ...['linuxParameters.maxSwap', 'linuxParameters.swappiness'],
    ].map((argument) => `containerDefinitions.${argument}`),
    because: 'Fargate refuses them.',
  },
  {
    of: ['RegisterTaskDefinition'],
    arguments: ['placementConstraints', 'ipcMode', 'inferenceAccelerators'],
    because: 'Fargate refuses them.',
  },
  {
    of: ['CreateService'],
    arguments: ['role', 'schedulingStrategy', 'placementConstraints', 'placementStrategy'],
    because: 'Fargate places tasks by itself, and always keeps a count of them.',
  },
  {
    of: ['UpdateService'],
    arguments: ['placementConstraints', 'placementStrategy'],
    because: 'Fargate places tasks by itself.',
  },
  {
    of: ['CreateService', 'UpdateService'],
    arguments: ['deploymentController'],
    because: 'ECS itself deploys what rows say; services that CodeDeploy deploys are changed by that.',
  },
  {
    of: ['CreateService', 'UpdateService'],
    arguments: ['serviceConnectConfiguration', 'volumeConfigurations', 'vpcLatticeConfigurations'],
    because:
      'ECS tells of them with each deployment and not with the service; what a service has of them stays.',
  },
  {
    of: ['CreateService', 'UpdateService'],
    arguments: ['gatewayConnectors', 'monitoring'],
    because:
      'ECS tells of them with each deployment and not with the service; what a service has of them stays.',
  },
  {
    of: ['CreateService'],
    arguments: [
      ...['strategy', 'bakeTimeInMinutes', 'lifecycleHooks', 'linearConfiguration', 'canaryConfiguration'],
      ...['alarms', 'earlySuccessCriteria'],
      'deploymentCircuitBreaker.resetOnHealthyTask',
      'deploymentCircuitBreaker.thresholdConfiguration',
    ].map((argument) => `deploymentConfiguration.${argument}`),
    because: 'Deployments are rolling, and the circuit breaker judges them as AWS has it.',
  },
  {
    of: ['CreateService'],
    arguments: ['loadBalancers.advancedConfiguration'],
    because: 'Deployments are rolling, without a second target group.',
  },
  {
    of: ['CreateService'],
    arguments: ['loadBalancers.loadBalancerName'],
    because: 'It is for classic load balancers, which Fargate does not have.',
  },
  {
    of: ['CreateService'],
    arguments: ['clientToken'],
    because: 'The name of a service finds what a create without an answer has made.',
  },
  {
    of: ['CreateCluster', 'UpdateCluster'],
    arguments: ['configuration.managedStorageConfiguration'],
    because: 'Storage of tasks is encrypted by the key that AWS has for it.',
  },
]
