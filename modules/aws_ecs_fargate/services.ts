/** Services as ECS tells of them: ten of one cluster a call; one that was deleted shows as inactive for a while. */
import { DescribeServicesCommand, ListServicesCommand, type Service } from '@aws-sdk/client-ecs'
import { type CloudApi, type Settled, unlessAbsent } from '../kit/index.ts'
import { clusterArns } from './clusters.ts'

/** ECS's most for one description. */
const most = 10

/** `arn:aws:ecs:eu-west-1:123456789012:service/shop/web` is of the cluster shop; older ARNs do not say. */
export function clusterOf(serviceArn: string): string {
  const [, cluster, name] = serviceArn.split('/')
  return name === undefined ? 'default' : (cluster ?? 'default')
}

export const clusterNameOf = ({ clusterArn, serviceArn = '' }: Service): string =>
  clusterArn ?? clusterOf(serviceArn)

/** Of one cluster, by ARN or name; those that are gone are absent. */
export async function readServices(
  cluster: string,
  names: readonly string[],
  ecs: CloudApi,
): Promise<readonly Service[]> {
  const groups = Array.from({ length: Math.ceil(names.length / most) }, (_, index) =>
    names.slice(index * most, (index + 1) * most),
  )
  const found = await ecs.each(groups, async (services) => {
    const input = { cluster, services: [...services], include: ['TAGS' as const] }
    return (await unlessAbsent(ecs.send(DescribeServicesCommand, input)))?.services
  })
  return found.flat().filter(({ status }) => status !== 'INACTIVE')
}

export async function* listServices(ecs: CloudApi): AsyncIterable<Service> {
  for await (const cluster of clusterArns(ecs)) {
    const pages = ecs.pages(ListServicesCommand, { cluster, maxResults: 100 }, (page) => page.serviceArns)
    const arns = (await unlessAbsent(Array.fromAsync(pages))) ?? []
    yield* await readServices(cluster, arns, ecs)
  }
}

/** Tasks that failed to start, after which those that none has followed will not either. */
const hopeless = 10

/** Whether all its tasks run, of the newest deployment and no other. */
export function isSteady({ deployments = [], events = [], ...service }: Service): Settled {
  const primary = deployments.find(({ status }) => status === 'PRIMARY')
  const said = events[0]?.message
  if (primary?.rolloutState === 'FAILED')
    return { failed: said ?? primary.rolloutStateReason ?? 'its tasks failed' }
  if ((primary?.failedTasks ?? 0) >= hopeless && (primary?.runningCount ?? 0) === 0)
    return { failed: said ?? 'its tasks do not start' }
  const isRolledOut = (primary?.rolloutState ?? 'COMPLETED') === 'COMPLETED' && deployments.length <= 1
  return (
    service.status !== 'DRAINING' && isRolledOut && (service.runningCount ?? 0) >= (service.desiredCount ?? 0)
  )
}
