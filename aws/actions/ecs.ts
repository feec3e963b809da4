/**
 * Containers. Task definitions and lists know no resource.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html
 */
import {
  anything,
  inAccount,
  passingRole,
  type ServiceActions,
  same,
  sameWith,
  serviceLinkedRole,
} from './action-group.ts'

const tagged = ['ecs:TagResource']

export const ecsActions: ServiceActions = {
  service: 'ECS',
  plainReads: 'ecs',
  groups: [
    {
      on: anything,
      actions: {
        ...same(
          'ecs',
          'DeregisterTaskDefinition',
          'DescribeTaskDefinition',
          'ListClusters',
          'ListServices',
          'ListTaskDefinitionFamilies',
          'ListTaskDefinitions',
        ),
        CreateCluster: ['ecs:CreateCluster'],
        RegisterTaskDefinition: ['ecs:RegisterTaskDefinition'],
      },
    },
    {
      on: inAccount('ecs', '*'),
      actions: {
        ...same(
          'ecs',
          'DeleteCluster',
          'DeleteService',
          'DescribeClusters',
          'DescribeServices',
          'PutClusterCapacityProviders',
          'TagResource',
          'UntagResource',
          'UpdateCluster',
          'UpdateService',
        ),
        ...sameWith('ecs', tagged, 'CreateService'),
        CreateCluster: tagged,
        RegisterTaskDefinition: tagged,
      },
    },
    passingRole(['ecs-tasks.amazonaws.com'], 'RegisterTaskDefinition'),
    serviceLinkedRole('ecs.amazonaws.com', 'CreateCluster', 'CreateService'),
  ],
}
