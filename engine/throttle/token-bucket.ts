/** A token bucket as plain data: when may the next call go out. */
export interface BucketSpec {
  /** Service and operation class, for example `ec2:CreateVpc`; account and region are the holder's to add. */
  readonly key: string
  readonly burst: number
  readonly refillPerSecond: number
  /** One for all regions of the account. */
  readonly isGlobal: boolean
}

export interface Bucket {
  readonly spec: BucketSpec
  /** Below zero: calls that were promised a later time. */
  readonly tokens: number
  readonly atMs: number
}

export const fullBucket = (spec: BucketSpec, nowMs: number): Bucket => ({
  spec,
  tokens: spec.burst,
  atMs: nowMs,
})

/** Takes one token, now or from the future: wait so long before the call. */
export function take(bucket: Bucket, nowMs: number): { readonly bucket: Bucket; readonly waitMs: number } {
  const refilled = refill(bucket, nowMs)
  const tokens = refilled.tokens - 1
  const perMs = bucket.spec.refillPerSecond / 1_000
  return { bucket: { ...refilled, tokens }, waitMs: tokens >= 0 ? 0 : Math.ceil(-tokens / perMs) }
}

function refill(bucket: Bucket, nowMs: number): Bucket {
  const elapsedMs = Math.max(0, nowMs - bucket.atMs)
  const { burst, refillPerSecond } = bucket.spec
  const tokens = Math.min(burst, bucket.tokens + (elapsedMs / 1_000) * refillPerSecond)
  return { ...bucket, tokens, atMs: Math.max(nowMs, bucket.atMs) }
}
