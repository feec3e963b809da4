/**
 * Published sizes of AWS's own buckets, by service and operation.
 * https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
 */
import type { BucketSpec } from './token-bucket.ts'

interface Size {
  readonly burst: number
  readonly refillPerSecond: number
}
interface ServiceSizes {
  /** Whether each operation has a bucket of its own, or those of one class share one. */
  readonly per: 'operation' | 'class'
  readonly read: Size
  readonly write: Size
  readonly operations: Readonly<Record<string, Size>>
}

const size = (burst: number, refillPerSecond: number): Size => ({ burst, refillPerSecond })

const services: Readonly<Record<string, ServiceSizes>> = {
  ec2: {
    per: 'operation',
    read: size(100, 20),
    write: size(50, 5),
    operations: {
      RunInstances: size(5, 2),
      CreateTags: size(100, 10),
      DeleteTags: size(100, 10),
      CreateVolume: size(100, 5),
      CreateSnapshot: size(100, 5),
      CreateNetworkInterface: size(100, 5),
      DeleteNetworkInterface: size(100, 5),
      ModifyNetworkInterfaceAttribute: size(100, 5),
      CreateLaunchTemplateVersion: size(100, 5),
      CreateNatGateway: size(10, 1),
      DeleteNatGateway: size(10, 1),
      CreateVpcEndpoint: size(4, 0.3),
      DeleteVpcEndpoints: size(4, 0.3),
      ModifyVpcEndpoint: size(4, 0.3),
      DescribeSecurityGroupReferences: size(20, 5),
    },
  },
  iam: { per: 'class', read: size(40, 15), write: size(20, 5), operations: {} },
  sqs: { per: 'class', read: size(200, 100), write: size(100, 50), operations: {} },
}

const unpublished: ServiceSizes = { per: 'class', read: size(40, 10), write: size(20, 5), operations: {} }

/** The bucket that a call of this operation draws from. */
export function bucketOf(service: string, operation: string): BucketSpec {
  const sizes = services[service.toLowerCase()] ?? unpublished
  const kind = /^(Describe|Get|List|Search|Head)/.test(operation) ? 'read' : 'write'
  const own = sizes.operations[operation]
  const name = own || sizes.per === 'operation' ? operation : kind
  return { key: `${service.toLowerCase()}:${name}`, ...(own ?? sizes[kind]) }
}
