/** The least that reads a mixed cloud whole by the SDK alone: one list of each kind, and of each resource what lists lack. */
import * as logs from '@aws-sdk/client-cloudwatch-logs'
import * as ec2 from '@aws-sdk/client-ec2'
import * as ecs from '@aws-sdk/client-ecs'
import * as elb from '@aws-sdk/client-elastic-load-balancing-v2'
import * as iam from '@aws-sdk/client-iam'
import * as s3 from '@aws-sdk/client-s3'
import * as secrets from '@aws-sdk/client-secrets-manager'
import * as sqs from '@aws-sdk/client-sqs'
import type { TestServer } from '../test/support/server.ts'

type Configuration = TestServer['awsConfiguration']

/** As many at once for each service. */
export const concurrency = 16

async function each<Item>(items: readonly Item[], read: (item: Item) => Promise<unknown>): Promise<void> {
  const left = [...items]
  const worker = async () => {
    for (let item = left.pop(); item !== undefined; item = left.pop()) await read(item)
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
}

const all = async <Page, Item>(
  pages: AsyncIterable<Page>,
  itemsOf: (page: Page) => readonly Item[] | undefined,
) => (await Array.fromAsync(pages)).flatMap((page) => itemsOf(page) ?? [])

const chunks = <Item>(items: readonly Item[], size: number): readonly Item[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, n) => items.slice(n * size, (n + 1) * size))

async function readQueues(configuration: Configuration): Promise<void> {
  const client = new sqs.SQSClient(configuration)
  const urls = await all(sqs.paginateListQueues({ client }, { MaxResults: 1_000 }), (page) => page.QueueUrls)
  await each(urls, async (QueueUrl) => {
    await client.send(new sqs.GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))
    await client.send(new sqs.ListQueueTagsCommand({ QueueUrl }))
  })
}

/** One list a table, of which three are made of route tables; three attributes of each VPC. */
async function readNetworks(configuration: Configuration): Promise<void> {
  const client = new ec2.EC2Client(configuration)
  const { Vpcs = [] } = await client.send(new ec2.DescribeVpcsCommand({}))
  const attributes = ['enableDnsHostnames', 'enableDnsSupport', 'enableNetworkAddressUsageMetrics'] as const
  for (const { VpcId } of Vpcs)
    for (const Attribute of attributes)
      await client.send(new ec2.DescribeVpcAttributeCommand({ VpcId, Attribute }))
  for (let table = 0; table < 3; table++) await client.send(new ec2.DescribeRouteTablesCommand({}))
  await client.send(new ec2.DescribeAvailabilityZonesCommand({}))
  await client.send(new ec2.DescribeSubnetsCommand({}))
  await client.send(new ec2.DescribeInternetGatewaysCommand({}))
  await client.send(new ec2.DescribeAddressesCommand({}))
  await client.send(new ec2.DescribeNatGatewaysCommand({}))
  await all(
    ec2.paginateDescribeSecurityGroups({ client }, { MaxResults: 1_000 }),
    (page) => page.SecurityGroups,
  )
  const rules = ec2.paginateDescribeSecurityGroupRules({ client }, { MaxResults: 1_000 })
  await all(rules, (page) => page.SecurityGroupRules)
}

/** The details have roles, users and policies with all that is theirs, but tags and descriptions. */
async function readIdentities(configuration: Configuration): Promise<void> {
  const client = new iam.IAMClient(configuration)
  for (const kind of ['Role', 'User', 'LocalManagedPolicy'] as const) {
    const input = { Filter: [kind], MaxItems: 1_000 }
    await all(iam.paginateGetAccountAuthorizationDetails({ client }, input), (page) => page.Policies)
  }
  await all(iam.paginateListRoles({ client }, { MaxItems: 1_000 }), (page) => page.Roles)
  await all(
    iam.paginateListInstanceProfiles({ client }, { MaxItems: 1_000 }),
    (page) => page.InstanceProfiles,
  )
  const input = { Scope: 'Local', MaxItems: 1_000 } as const
  const policies = await all(iam.paginateListPolicies({ client }, input), (page) => page.Policies)
  await each(policies, ({ Arn }) => client.send(new iam.GetPolicyCommand({ PolicyArn: Arn })))
}

const bucketSettings = [
  s3.GetPublicAccessBlockCommand,
  s3.GetBucketOwnershipControlsCommand,
  s3.GetBucketVersioningCommand,
  s3.GetBucketEncryptionCommand,
  s3.GetBucketPolicyCommand,
  s3.GetBucketLifecycleConfigurationCommand,
  s3.GetBucketCorsCommand,
  s3.GetBucketWebsiteCommand,
  s3.GetBucketLoggingCommand,
  s3.GetBucketNotificationConfigurationCommand,
  s3.GetBucketReplicationCommand,
  s3.GetBucketTaggingCommand,
] as const

/** Each setting by a call of its own, refused where there is none. */
async function readBuckets(configuration: Configuration): Promise<void> {
  const client = new s3.S3Client(configuration)
  const { Buckets = [] } = await client.send(new s3.ListBucketsCommand({}))
  const settings = Buckets.flatMap(({ Name: Bucket }) =>
    bucketSettings.map((Command) => new Command({ Bucket }) as s3.GetBucketVersioningCommand),
  )
  await each(settings, async (command) => {
    await client.send(command).catch((error: Error) => {
      if (!/^(NoSuch|OwnershipControlsNotFound|.*NotFoundError)/.test(error.name)) throw error
    })
  })
  await each(Buckets, ({ Name: Bucket }) => client.send(new s3.ListObjectsV2Command({ Bucket })))
}

async function readBalancing(configuration: Configuration): Promise<void> {
  const client = new elb.ElasticLoadBalancingV2Client(configuration)
  await client.send(new elb.DescribeLoadBalancersCommand({}))
  const groups = await all(
    elb.paginateDescribeTargetGroups({ client }, { PageSize: 400 }),
    (page) => page.TargetGroups,
  )
  const arns = groups.map(({ TargetGroupArn = '' }) => TargetGroupArn)
  await each(arns, (TargetGroupArn) =>
    client.send(new elb.DescribeTargetGroupAttributesCommand({ TargetGroupArn })),
  )
  await each(chunks(arns, 20), (ResourceArns) => client.send(new elb.DescribeTagsCommand({ ResourceArns })))
}

async function readContainers(configuration: Configuration): Promise<void> {
  const client = new ecs.ECSClient(configuration)
  const clusters = await all(
    ecs.paginateListClusters({ client }, { maxResults: 100 }),
    (page) => page.clusterArns,
  )
  const include = ['SETTINGS', 'CONFIGURATIONS', 'TAGS'] as const
  await each(chunks(clusters, 100), (some) =>
    client.send(new ecs.DescribeClustersCommand({ clusters: some, include: [...include] })),
  )
  await each(clusters, (cluster) => client.send(new ecs.ListServicesCommand({ cluster })))
  await client.send(new ecs.ListTaskDefinitionsCommand({}))
}

async function readLogGroups(configuration: Configuration): Promise<void> {
  const client = new logs.CloudWatchLogsClient(configuration)
  const groups = await all(
    logs.paginateDescribeLogGroups({ client }, { limit: 50 }),
    (page) => page.logGroups,
  )
  await each(groups, ({ arn = '' }) =>
    client.send(new logs.ListTagsForResourceCommand({ resourceArn: arn.replace(/:\*$/, '') })),
  )
}

async function readSecrets(configuration: Configuration): Promise<void> {
  const client = new secrets.SecretsManagerClient(configuration)
  const found = await all(
    secrets.paginateListSecrets({ client }, { MaxResults: 100 }),
    (page) => page.SecretList,
  )
  await each(found, async ({ ARN: SecretId }) => {
    await client.send(new secrets.DescribeSecretCommand({ SecretId }))
    await client.send(new secrets.GetResourcePolicyCommand({ SecretId }))
  })
}

/** All services at once. */
export const readMixedCloud = async (configuration: Configuration): Promise<void> => {
  const readers = [
    ...[readQueues, readNetworks, readIdentities, readBuckets],
    ...[readBalancing, readContainers, readLogGroups, readSecrets],
  ]
  await Promise.all(readers.map((read) => read(configuration)))
}
