/** Queues are addressed by URL and point at each other by ARN; both are made of region, account and name. */
import { arnOf, resourceOf } from '../kit/index.ts'

export const nameOf = (url: string): string => url.slice(url.lastIndexOf('/') + 1)

export function queueArnOf(url: string, region: string): string {
  const [accountId = '', name = ''] = url.split('/').slice(-2)
  return arnOf('sqs', { accountId, region }, name)
}

/** URL of the queue with this ARN, in the account and region of the queue at `neighbour`. */
export const urlOf = (arn: string, neighbour: string): string =>
  neighbour.slice(0, neighbour.lastIndexOf('/') + 1) + resourceOf(arn)
