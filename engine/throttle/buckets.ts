/** Which buckets a call draws from: its operation's own or its class's, and the one of the whole service where there is one. */
import { publishedLimits, type ServiceLimits, type Size, unpublished } from './published-limits.ts'
import type { BucketSpec } from './token-bucket.ts'

/** The narrowest bucket that a call of this operation draws from. */
export function bucketOf(service: string, operation: string): BucketSpec {
  const limits = limitsOf(service)
  const { name, size } = ownBucket(limits, operation)
  return specOf(service, name, { ...size, isGlobal: limits.isGlobal ?? false })
}

/** Every bucket that it draws from, the narrowest first. */
export function bucketsOf(service: string, operation: string): readonly BucketSpec[] {
  const limits = limitsOf(service)
  const own = bucketOf(service, operation)
  if (!limits.account) return [own]
  const all = specOf(service, 'all', { ...limits.account, isGlobal: limits.isGlobal ?? false })
  return own.key === all.key ? [own] : [own, all]
}

const limitsOf = (service: string): ServiceLimits => publishedLimits[service.toLowerCase()] ?? unpublished

export const isRead = (operation: string): boolean =>
  /^(Describe|Get|List|Search|Head|Lookup)/.test(operation)

function ownBucket(limits: ServiceLimits, operation: string): { readonly name: string; readonly size: Size } {
  const own = limits.operations?.[operation]
  if (own) return { name: operation, size: own }
  const group = Object.entries(limits.groups ?? {}).find(([, { of }]) => of.includes(operation))
  if (group) return { name: group[0], size: group[1] }
  const kind = isRead(operation) ? 'read' : 'write'
  const names = { operation, class: kind, service: 'all' }
  return { name: names[limits.per], size: limits[kind] }
}

const specOf = (
  service: string,
  name: string,
  { burst, refillPerSecond, isGlobal }: Size & { readonly isGlobal: boolean },
): BucketSpec => ({ key: `${service.toLowerCase()}:${name}`, burst, refillPerSecond, isGlobal })
