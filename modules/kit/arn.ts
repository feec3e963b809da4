/** Amazon Resource Names: made where AWS wants one that it has not told us, and taken apart. */
import type { Place } from '#engine/model/cloud.ts'

export const partitionOf = (region: string): string =>
  region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws'

/** `arnOf('sns', cloud.place, 'news')` → `arn:aws:sns:us-east-1:123456789012:news` */
export const arnOf = (service: string, { accountId, region }: Place, resource: string): string =>
  `arn:${partitionOf(region)}:${service}:${region}:${accountId}:${resource}`

/** What comes after the account; it may have colons of its own. */
export const resourceOf = (arn: string): string => arn.split(':').slice(5).join(':')
