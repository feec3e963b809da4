/** How fast AWS lets its own interfaces be called, by service, as its pages say. */

export interface Size {
  readonly burst: number
  readonly refillPerSecond: number
}

export interface ServiceLimits {
  /** Where AWS says so; null: the figures are cautious guesses, which adapt to throttling as all do. */
  readonly page: string | null
  /** One bucket for the account wherever the call goes, instead of one per region. */
  readonly isGlobal?: boolean
  /** Whether operations that are not named below have a bucket each, one for reads and one for writes, or one for all. */
  readonly per: 'operation' | 'class' | 'service'
  readonly read: Size
  readonly write: Size
  /** Operations with a bucket of their own. */
  readonly operations?: Readonly<Record<string, Size>>
  /** Operations that share a bucket. */
  readonly groups?: Readonly<Record<string, Size & { readonly of: readonly string[] }>>
  /** What every call of the service draws from as well. */
  readonly account?: Size
}

const size = (burst: number, refillPerSecond: number): Size => ({ burst, refillPerSecond })
/** Pages that give a rate and no burst. */
const rate = (perSecond: number): Size => size(Math.max(1, perSecond), perSecond)
const named = (limit: Size, ...names: readonly string[]): Readonly<Record<string, Size>> =>
  Object.fromEntries(names.map((name) => [name, limit]))

export const unpublished: ServiceLimits = {
  page: null,
  per: 'class',
  read: size(40, 10),
  write: size(20, 5),
}

/** By the SDK's service id in lower case. */
export const publishedLimits: Readonly<Record<string, ServiceLimits>> = {
  ec2: {
    page: 'https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html',
    per: 'operation',
    read: size(100, 20),
    write: size(50, 5),
    operations: {
      ...named(size(5, 2), 'RunInstances'),
      ...named(size(100, 10), 'CreateTags', 'DeleteTags'),
      ...named(size(100, 5), 'CreateVolume', 'CreateSnapshot', 'CreateLaunchTemplateVersion'),
      ...named(
        size(100, 5),
        'CreateNetworkInterface',
        'DeleteNetworkInterface',
        'ModifyNetworkInterfaceAttribute',
        'AssociateIamInstanceProfile',
        'DisassociateIamInstanceProfile',
      ),
      ...named(size(10, 1), 'CreateNatGateway', 'DeleteNatGateway'),
      ...named(size(4, 0.3), 'CreateVpcEndpoint', 'DeleteVpcEndpoints', 'ModifyVpcEndpoint'),
      ...named(size(20, 5), 'DescribeSecurityGroupReferences'),
    },
  },
  cloudtrail: {
    page: 'https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html',
    per: 'operation',
    read: rate(10),
    write: rate(1),
    operations: named(rate(2), 'LookupEvents'),
  },
  'elastic load balancing v2': {
    page: 'https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-api-throttling.html',
    per: 'class',
    read: size(40, 10),
    // Cautious: the page has several classes of writes.
    write: size(20, 3),
    account: size(40, 10),
  },
  ecs: {
    page: 'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/request-throttling.html',
    per: 'class',
    read: size(50, 20),
    write: size(10, 1),
    groups: {
      cluster: {
        ...size(20, 1),
        of: [
          'CreateCluster',
          'DeleteCluster',
          'UpdateCluster',
          'UpdateClusterSettings',
          'PutClusterCapacityProviders',
        ],
      },
      clusterRead: { ...size(50, 20), of: ['DescribeClusters', 'ListClusters'] },
      definition: { ...size(20, 1), of: ['RegisterTaskDefinition', 'DeregisterTaskDefinition'] },
      definitionRead: {
        ...size(50, 20),
        of: ['DescribeTaskDefinition', 'ListTaskDefinitions', 'ListTaskDefinitionFamilies'],
      },
      definitionDelete: { ...size(5, 1), of: ['DeleteTaskDefinitions'] },
      tag: { ...size(20, 10), of: ['TagResource', 'UntagResource'] },
      tagRead: { ...size(50, 20), of: ['ListTagsForResource'] },
      task: { ...size(100, 40), of: ['RunTask', 'StartTask', 'StopTask', 'PutAttributes'] },
      taskRead: { ...size(100, 20), of: ['DescribeTasks', 'ListTasks', 'ListContainerInstances'] },
      service: { ...size(50, 5), of: ['CreateService', 'DeleteService', 'UpdateService'] },
      serviceRead: { ...size(100, 20), of: ['DescribeServices', 'ListServices'] },
    },
  },
  'route 53': {
    page: 'https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/throttling-api-requests.html',
    isGlobal: true,
    per: 'operation',
    read: size(50, 10),
    write: size(50, 10),
    operations: {
      ...named(size(40, 2), 'CreateHostedZone', 'CreateReusableDelegationSet'),
      ...named(size(50, 0.5), 'CreateHealthCheck'),
      ...named(size(15, 3), 'DeleteHealthCheck'),
      ...named(rate(1), 'CreateTrafficPolicyInstance', 'DeleteTrafficPolicyInstance'),
      ...named(size(4, 1), 'GetHealthCheckStatus', 'GetHealthCheckLastFailureReason'),
      ...named(size(40, 5), 'DeleteHostedZone', 'DeleteReusableDelegationSet'),
      ...named(size(20, 5), 'AssociateVPCWithHostedZone'),
      ...named(size(10, 5), 'DisassociateVPCFromHostedZone'),
    },
    account: size(50, 10),
  },
  lambda: {
    page: 'https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html',
    per: 'service',
    read: rate(15),
    write: rate(15),
    operations: { GetFunction: rate(100), GetPolicy: rate(15) },
  },
  'api gateway': {
    page: 'https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html',
    per: 'service',
    read: size(40, 10),
    write: size(40, 10),
    operations: {
      ...named(rate(5), 'CreateApiKey', 'CreateResource', 'DeleteApiKey', 'DeleteResource'),
      ...named(rate(1 / 5), 'CreateDeployment'),
      ...named(rate(1 / 20), 'CreateDocumentationVersion'),
      ...named(rate(1 / 30), 'CreateDomainName', 'DeleteRestApi'),
      // Of a regional one; an edge-optimized one is made ten times slower and adapts to the throttling.
      ...named(rate(1 / 3), 'CreateRestApi'),
      ...named(rate(1), 'PutRestApi'),
    },
    account: size(40, 10),
  },
  dynamodb: {
    page: 'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-control-plane.html',
    per: 'class',
    read: rate(100),
    // The control plane takes 2,500 calls a second, and no more than some hundred tables that change at once.
    write: size(50, 10),
  },
  'secrets manager': {
    page: 'https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html',
    per: 'operation',
    read: rate(50),
    write: rate(50),
    operations: named(rate(1_000), 'DescribeSecret', 'GetSecretValue'),
  },
  kms: {
    page: 'https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html',
    per: 'operation',
    read: rate(30),
    write: rate(5),
    operations: {
      ...named(rate(100), 'DescribeKey', 'ListAliases', 'ListKeys', 'ListResourceTags', 'ListGrants'),
      ...named(rate(50), 'CreateGrant'),
    },
  },
  'cloudwatch logs': {
    page: 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html',
    per: 'operation',
    read: rate(5),
    write: rate(5),
    operations: {
      ...named(rate(10), 'CreateLogGroup', 'DeleteLogGroup', 'DescribeLogGroups'),
      ...named(rate(15), 'DeleteLogStream'),
      ...named(rate(50), 'CreateLogStream'),
      ...named(rate(25), 'DescribeLogStreams'),
    },
  },
  iam: { page: null, isGlobal: true, per: 'class', read: size(40, 15), write: size(20, 5) },
  sqs: { page: null, per: 'class', read: size(200, 100), write: size(100, 50) },
  sns: { page: null, per: 'class', read: size(30, 30), write: size(30, 10) },
  s3: {
    page: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html',
    per: 'class',
    // Of the settings of buckets the page says nothing: a guess. The rates of objects are those of one prefix.
    read: size(100, 50),
    write: size(50, 10),
    operations: {
      ...named(rate(5_500), 'HeadObject', 'GetObjectTagging'),
      ...named(
        rate(3_500),
        'PutObject',
        'CopyObject',
        'DeleteObject',
        'PutObjectTagging',
        'DeleteObjectTagging',
      ),
    },
  },
  rds: unpublished,
  ecr: unpublished,
  cloudformation: unpublished,
  cloudfront: { ...unpublished, isGlobal: true },
}
