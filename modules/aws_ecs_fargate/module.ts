/** Containers on Fargate: clusters, task definitions and services. */
import { defineModule } from '../kit/index.ts'
import { clusterExamples } from './cluster.examples.ts'
import { cluster } from './cluster.ts'
import { containerDefinition } from './container-definition.ts'
import { leftOut } from './left-out.ts'
import { serviceExamples } from './service.examples.ts'
import { service } from './service.ts'
import { serviceLoadBalancer, serviceSecurityGroup, serviceSubnet } from './service-lines.ts'
import { taskDefinitionExamples } from './task-definition.examples.ts'
import { taskDefinition } from './task-definition.ts'

export const awsEcsFargate = defineModule({
  name: 'aws_ecs_fargate',
  version: '0.1.0',
  requires: ['aws_account', 'aws_vpc', 'aws_security_group', 'aws_iam', 'aws_cloudwatch', 'aws_elb'],
  tables: [cluster, taskDefinition, service],
  sql: [containerDefinition, serviceSubnet, serviceSecurityGroup, serviceLoadBalancer],
  examples: [clusterExamples, taskDefinitionExamples, serviceExamples],
  leftOut,
})
