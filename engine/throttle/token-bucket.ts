/** A token bucket as plain data: when may the next call go out, and how fast after AWS said slower. */
export interface BucketSpec {
  /** Service and operation class, for example `ec2:CreateVpc`; account and region are the holder's to add. */
  readonly key: string
  readonly burst: number
  readonly refillPerSecond: number
}

export interface Bucket {
  readonly spec: BucketSpec
  /** Below zero: calls that were promised a later time. */
  readonly tokens: number
  readonly atMs: number
  /** Share of the published rate in force, between a tenth and one. */
  readonly pace: number
}

const recoveryMs = 60_000

export const fullBucket = (spec: BucketSpec, nowMs: number): Bucket => ({
  spec,
  tokens: spec.burst,
  atMs: nowMs,
  pace: 1,
})

/** Takes one token, now or from the future: wait so long before the call. */
export function take(bucket: Bucket, nowMs: number): { readonly bucket: Bucket; readonly waitMs: number } {
  const refilled = refill(bucket, nowMs)
  const tokens = refilled.tokens - 1
  const perMs = (bucket.spec.refillPerSecond * refilled.pace) / 1_000
  return { bucket: { ...refilled, tokens }, waitMs: tokens >= 0 ? 0 : Math.ceil(-tokens / perMs) }
}

/** After a throttling answer: the burst is gone and the rate halves; it recovers within a minute. */
export function slowDown(bucket: Bucket, nowMs: number): Bucket {
  const refilled = refill(bucket, nowMs)
  return { ...refilled, tokens: Math.min(refilled.tokens, 0), pace: Math.max(refilled.pace / 2, 0.1) }
}

function refill(bucket: Bucket, nowMs: number): Bucket {
  const elapsedMs = Math.max(0, nowMs - bucket.atMs)
  const { burst, refillPerSecond } = bucket.spec
  const tokens = Math.min(burst, bucket.tokens + (elapsedMs / 1_000) * refillPerSecond * bucket.pace)
  return {
    ...bucket,
    tokens,
    pace: Math.min(1, bucket.pace + elapsedMs / recoveryMs),
    atMs: Math.max(nowMs, bucket.atMs),
  }
}
