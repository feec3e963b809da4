import { describe, expect, test } from 'vitest'
import { bucketOf } from '#engine/throttle/buckets.ts'
import { fullBucket, slowDown, take } from '#engine/throttle/token-bucket.ts'

const spec = { key: 'ec2:CreateVpc', burst: 2, refillPerSecond: 5 }

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

  test('gives half the rate after a throttle, and recovers', () => {
    const slowed = slowDown(fullBucket(spec, 0), 0)

    expect(waits(2, slowed)).toEqual([400, 800])
    expect(waits(3, slowed, 60_000)).toEqual([0, 0, 200])
  })
})

describe('published sizes', () => {
  test.each([
    ['ec2', 'DescribeVpcs', 'ec2:DescribeVpcs', 100, 20],
    ['EC2', 'CreateSubnet', 'ec2:CreateSubnet', 50, 5],
    ['ec2', 'CreateVpcEndpoint', 'ec2:CreateVpcEndpoint', 4, 0.3],
    ['iam', 'GetRole', 'iam:read', 40, 15],
    ['sqs', 'CreateQueue', 'sqs:write', 100, 50],
    ['unheard-of', 'ListThings', 'unheard-of:read', 40, 10],
  ])('%s %s draws from %s', (service, operation, key, burst, refillPerSecond) => {
    expect(bucketOf(service, operation)).toEqual({ key, burst, refillPerSecond })
  })
})
