/** Where the database is: subnets of a VPC that is given, or of one without any way in or out. */
import { CfnResource, Fn, RemovalPolicy, Validations } from 'aws-cdk-lib'
import {
  FlowLogDestination,
  FlowLogTrafficType,
  IpAddresses,
  type ISubnet,
  type IVpc,
  Subnet,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2'
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import type { Options } from './options.ts'

interface NetworkProps extends Pick<Options, 'vpcId' | 'subnetIds'> {
  readonly retention: RetentionDays
  readonly removalPolicy: RemovalPolicy
}

export class Network extends Construct {
  readonly vpc: IVpc
  readonly subnets: readonly ISubnet[]

  constructor(scope: Construct, id: string, { vpcId, subnetIds, retention, removalPolicy }: NetworkProps) {
    super(scope, id)
    if (vpcId !== undefined && subnetIds !== undefined) {
      this.vpc = Vpc.fromVpcAttributes(this, 'Given', {
        vpcId,
        availabilityZones: subnetIds.map((_, index) => Fn.select(index, Fn.getAzs())),
      })
      this.subnets = subnetIds.map((subnetId) => this.#subnet(subnetId))
      return
    }
    // The Data API needs no route: what is in these subnets is reached by AWS itself.
    const vpc = new Vpc(this, 'Made', {
      ipAddresses: IpAddresses.cidr('10.87.0.0/24'),
      maxAzs: 2,
      natGateways: 0,
      subnetConfiguration: [{ name: 'database', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 26 }],
      restrictDefaultSecurityGroup: false,
    })
    // The database's network interfaces, and with it the VPC, stay as long as the database does.
    if (removalPolicy !== RemovalPolicy.DESTROY) {
      for (const resource of vpc.node.findAll().filter((child) => CfnResource.isCfnResource(child)))
        resource.applyRemovalPolicy(RemovalPolicy.RETAIN)
    }
    vpc.addFlowLog('FlowLog', {
      trafficType: FlowLogTrafficType.REJECT,
      destination: FlowLogDestination.toCloudWatchLogs(
        new LogGroup(this, 'FlowLogs', { retention, removalPolicy: RemovalPolicy.DESTROY }),
      ),
    })
    this.vpc = vpc
    this.subnets = vpc.isolatedSubnets
  }

  #subnet(subnetId: string): ISubnet {
    const subnet = Subnet.fromSubnetId(this, subnetId, subnetId)
    Validations.of(subnet).acknowledge({
      id: '@aws-cdk/aws-ec2:noSubnetRouteTableId',
      reason: 'Nothing here looks at its routes.',
    })
    return subnet
  }
}
