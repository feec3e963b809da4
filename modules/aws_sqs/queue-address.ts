/** Queues are addressed by URL and point at each other by ARN; both are made of region, account and name. */

const partitionOf = (region: string): string =>
  region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws'

export const nameOf = (url: string): string => url.slice(url.lastIndexOf('/') + 1)

export function arnOf(url: string, region: string): string {
  const [account = '', name = ''] = url.split('/').slice(-2)
  return `arn:${partitionOf(region)}:sqs:${region}:${account}:${name}`
}

/** URL of the queue with this ARN, in the account and region of the queue at `neighbour`. */
export const urlOf = (arn: string, neighbour: string): string =>
  neighbour.slice(0, neighbour.lastIndexOf('/') + 1) + arn.slice(arn.lastIndexOf(':') + 1)
