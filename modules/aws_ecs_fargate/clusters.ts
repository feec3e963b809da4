/** Clusters as ECS lists them; one that was deleted shows as inactive for a while. */
import { type Cluster, DescribeClustersCommand, ListClustersCommand } from '@aws-sdk/client-ecs'
import type { CloudApi } from '../kit/index.ts'

/** ECS's most for a list and for a description of clusters. */
const most = 100

export const clusterArns = (ecs: CloudApi): AsyncIterable<string> =>
  ecs.pages(ListClustersCommand, { maxResults: most }, (page) => page.clusterArns)

/** By ARN or name; those that are gone are absent. */
export async function readClusters(names: readonly string[], ecs: CloudApi): Promise<readonly Cluster[]> {
  const groups = Array.from({ length: Math.ceil(names.length / most) }, (_, index) =>
    names.slice(index * most, (index + 1) * most),
  )
  const found = await ecs.each(groups, async (clusters) => {
    const answer = await ecs.send(DescribeClustersCommand, {
      clusters: [...clusters],
      include: ['SETTINGS', 'CONFIGURATIONS', 'TAGS'],
    })
    return answer.clusters
  })
  return found.flat().filter(({ status }) => status !== 'INACTIVE')
}
