/** A thousand resources of mixed shapes, made by the SDK, in an emulator that has nothing else but what every account has. */
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

/** Each role has an inline policy; each group a rule, beside the way out that EC2 makes with it. */
export const counts = {
  queues: 200,
  groups: 120,
  logGroups: 80,
  secrets: 80,
  roles: 80,
  policies: 40,
  buckets: 20,
  targetGroups: 80,
  clusters: 20,
}

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index)

const documentOf = (action: string) =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: action, Resource: '*' }] })

const trust = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
})

async function fillNetwork(configuration: Configuration): Promise<void> {
  const client = new ec2.EC2Client(configuration)
  const { Vpc } = await client.send(new ec2.CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }))
  const VpcId = Vpc?.VpcId
  for (const n of numbers(counts.groups)) {
    const made = await client.send(
      new ec2.CreateSecurityGroupCommand({ GroupName: `group-${n}`, Description: 'A group', VpcId }),
    )
    const IpPermissions = [
      { IpProtocol: 'tcp', FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: '10.1.0.0/16' }] },
    ]
    await client.send(new ec2.AuthorizeSecurityGroupIngressCommand({ GroupId: made.GroupId, IpPermissions }))
  }
  const balancing = new elb.ElasticLoadBalancingV2Client(configuration)
  const target = { Protocol: 'HTTP', Port: 80, VpcId } as const
  for (const n of numbers(counts.targetGroups))
    await balancing.send(new elb.CreateTargetGroupCommand({ Name: `targets-${n}`, ...target }))
}

async function fillIdentities(configuration: Configuration): Promise<void> {
  const client = new iam.IAMClient(configuration)
  for (const n of numbers(counts.roles)) {
    const RoleName = `role-${n}`
    await client.send(new iam.CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust }))
    const PolicyDocument = documentOf('s3:GetObject')
    await client.send(new iam.PutRolePolicyCommand({ RoleName, PolicyName: 'reads', PolicyDocument }))
  }
  for (const n of numbers(counts.policies)) {
    const PolicyDocument = documentOf('sqs:SendMessage')
    await client.send(new iam.CreatePolicyCommand({ PolicyName: `policy-${n}`, PolicyDocument }))
  }
}

export async function fillMixedCloud(configuration: Configuration): Promise<void> {
  await fillNetwork(configuration)
  await fillIdentities(configuration)
  const queues = new sqs.SQSClient(configuration)
  for (const n of numbers(counts.queues))
    await queues.send(new sqs.CreateQueueCommand({ QueueName: `queue-${n}` }))
  const groups = new logs.CloudWatchLogsClient(configuration)
  for (const n of numbers(counts.logGroups))
    await groups.send(new logs.CreateLogGroupCommand({ logGroupName: `/group/${n}` }))
  const manager = new secrets.SecretsManagerClient(configuration)
  for (const n of numbers(counts.secrets))
    await manager.send(new secrets.CreateSecretCommand({ Name: `secret-${n}`, SecretString: 'a value' }))
  const storage = new s3.S3Client(configuration)
  for (const n of numbers(counts.buckets))
    await storage.send(new s3.CreateBucketCommand({ Bucket: `bench-bucket-${n}` }))
  const containers = new ecs.ECSClient(configuration)
  for (const n of numbers(counts.clusters))
    await containers.send(new ecs.CreateClusterCommand({ clusterName: `cluster-${n}` }))
}
