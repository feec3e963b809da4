import { describe, expect, test } from 'vitest'
import { bucketOf, bucketsOf } from '#engine/throttle/buckets.ts'
import { publishedLimits } from '#engine/throttle/published-limits.ts'
import { fullBucket, take } from '#engine/throttle/token-bucket.ts'

const spec = { key: 'ec2:CreateVpc', burst: 2, refillPerSecond: 5, isGlobal: false }

const waits = (count: number, from = fullBucket(spec, 0), nowMs = 0): readonly number[] => {
  let bucket = from
  return Array.from({ length: count }, () => {
    const taken = take(bucket, nowMs)
    bucket = taken.bucket
    return taken.waitMs
  })
}

describe('a bucket', () => {
  test('lets a burst through and spaces out the rest', () => {
    expect(waits(5)).toEqual([0, 0, 200, 400, 600])
  })

  test('fills again with time, up to its size', () => {
    const empty = take(take(fullBucket(spec, 0), 0).bucket, 0).bucket

    expect(waits(3, empty, 60_000)).toEqual([0, 0, 200])
  })
})

describe('published sizes', () => {
  test.each([
    ['ec2', 'DescribeVpcs', 'ec2:DescribeVpcs', 100, 20],
    ['EC2', 'CreateSubnet', 'ec2:CreateSubnet', 50, 5],
    ['ec2', 'CreateVpcEndpoint', 'ec2:CreateVpcEndpoint', 4, 0.3],
    ['ECS', 'UpdateService', 'ecs:service', 50, 5],
    ['ECS', 'DeleteCluster', 'ecs:cluster', 20, 1],
    ['SQS', 'CreateQueue', 'sqs:write', 100, 50],
    ['Lambda', 'CreateFunction', 'lambda:all', 15, 15],
    ['CloudWatch Logs', 'CreateLogGroup', 'cloudwatch logs:CreateLogGroup', 10, 10],
    ['unheard-of', 'ListThings', 'unheard-of:read', 40, 10],
  ])('%s %s draws from %s', (service, operation, key, burst, refillPerSecond) => {
    expect(bucketOf(service, operation)).toEqual({ key, burst, refillPerSecond, isGlobal: false })
  })

  test.each([
    ['Route 53', 'CreateHostedZone', ['route 53:CreateHostedZone', 'route 53:all']],
    ['API Gateway', 'CreateDeployment', ['api gateway:CreateDeployment', 'api gateway:all']],
    ['API Gateway', 'UpdateStage', ['api gateway:all']],
    ['EC2', 'CreateVpc', ['ec2:CreateVpc']],
  ])('%s %s draws from %j', (service, operation, keys) => {
    expect(bucketsOf(service, operation).map(({ key }) => key)).toEqual(keys)
  })

  test.each([
    ['IAM', true],
    ['Route 53', true],
    ['EC2', false],
  ])('the buckets of %s are those of all regions: %s', (service, isGlobal) => {
    expect(bucketsOf(service, 'ListThings').every((bucket) => bucket.isGlobal === isGlobal)).toBe(true)
  })

  test('every service either names its page or is marked as having none', () => {
    for (const { page, read, write } of Object.values(publishedLimits)) {
      expect(page ?? 'https://docs.aws.amazon.com/').toMatch(/^https:\/\/docs\.aws\.amazon\.com\//)
      expect(Math.min(read.burst, write.burst)).toBeGreaterThanOrEqual(1)
    }
  })
})
