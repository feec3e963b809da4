/** Whether the cluster of a row exists and is active. */
import { DescribeClustersCommand, ECSClient } from '@aws-sdk/client-ecs'
import type { CheckRow, ClientOf } from '../check.ts'

export async function exists({ cluster_arn }: CheckRow, client: ClientOf): Promise<boolean> {
  const asked = new DescribeClustersCommand({ clusters: [String(cluster_arn)] })
  const { clusters = [] } = await client(ECSClient).send(asked)
  return clusters.some(({ status }) => status === 'ACTIVE')
}
