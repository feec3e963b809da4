/** Networks: VPCs and what is in them. */
import { defineModule } from '../kit/index.ts'
import { availabilityZone } from './availability-zone.ts'
import { elasticIpExamples, pooledElasticIpExamples } from './elastic-ip.examples.ts'
import { elasticIp } from './elastic-ip.ts'
import { internetGatewayExamples } from './internet-gateway.examples.ts'
import { internetGateway } from './internet-gateway.ts'
import { leftOut } from './left-out.ts'
import { natGatewayExamples, privateNatGatewayExamples } from './nat-gateway.examples.ts'
import { natGateway } from './nat-gateway.ts'
import { routeExamples } from './route.examples.ts'
import { route } from './route.ts'
import { routeTableExamples } from './route-table.examples.ts'
import { routeTable } from './route-table.ts'
import { routeTableAssociationExamples } from './route-table-association.examples.ts'
import { routeTableAssociation } from './route-table-association.ts'
import { ipv6SubnetExamples, subnetExamples } from './subnet.examples.ts'
import { subnet } from './subnet.ts'
import { ipv6VpcExamples, vpcExamples } from './vpc.examples.ts'
import { vpc } from './vpc.ts'

export const awsVpc = defineModule({
  name: 'aws_vpc',
  version: '0.1.0',
  requires: ['aws_account'],
  tables: [
    availabilityZone,
    vpc,
    subnet,
    internetGateway,
    elasticIp,
    natGateway,
    routeTable,
    route,
    routeTableAssociation,
  ],
  examples: [
    vpcExamples,
    ipv6VpcExamples,
    subnetExamples,
    ipv6SubnetExamples,
    internetGatewayExamples,
    elasticIpExamples,
    pooledElasticIpExamples,
    natGatewayExamples,
    privateNatGatewayExamples,
    routeTableExamples,
    routeExamples,
    routeTableAssociationExamples,
  ],
  leftOut,
})
