/** How Elastic Load Balancing tells of what it has: twenty ARNs a call, tags by a call of their own. */
import {
  AddTagsCommand,
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeTagsCommand,
  type Listener,
  type LoadBalancer,
  RemoveTagsCommand,
  type Tag,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { type CloudApi, type TagMap, tagChanges, tagList, tagsFrom, unlessAbsent } from '../kit/index.ts'

/** The service's most for one call. */
const mostArns = 20
const mostPerPage = 400

const groupsOf = <Item>(items: readonly Item[]): readonly (readonly Item[])[] =>
  Array.from({ length: Math.ceil(items.length / mostArns) }, (_, index) =>
    items.slice(index * mostArns, (index + 1) * mostArns),
  )

/** One that is gone makes the service refuse the others that were asked for with it: then each is asked for by itself. */
export async function byArns<Item>(
  arns: readonly string[],
  elb: CloudApi,
  read: (arns: string[]) => Promise<readonly Item[]>,
): Promise<readonly Item[]> {
  const groups = await elb.each(groupsOf(arns), async (group) => {
    const found = await unlessAbsent(read([...group]))
    if (found || group.length === 1) return found
    return (await elb.each(group, (arn) => unlessAbsent(read([arn])))).flat()
  })
  return groups.flat()
}

/** What `read` yields, each with its tags. */
export async function withTags<Item>(
  items: readonly Item[],
  arnOf: (item: Item) => string | undefined,
  elb: CloudApi,
): Promise<readonly { readonly item: Item; readonly tags: TagMap }[]> {
  const described = await byArns(
    items.map((item) => arnOf(item) ?? ''),
    elb,
    async (ResourceArns) => (await elb.send(DescribeTagsCommand, { ResourceArns })).TagDescriptions ?? [],
  )
  const byArn = new Map(described.map(({ ResourceArn, Tags }) => [ResourceArn, Tags]))
  return items.map((item) => ({ item, tags: tagsFrom(byArn.get(arnOf(item))) }))
}

/** A create takes no empty list of tags. */
export const tagsToCreate = (tags: TagMap | null): { Tags?: Tag[] } =>
  tags && Object.keys(tags).length > 0 ? { Tags: tagList(tags) } : {}

export async function updateTags(
  arn: string,
  { seen, want }: { readonly seen: TagMap; readonly want: TagMap | null },
  elb: CloudApi,
): Promise<void> {
  const { put, remove } = tagChanges(seen, want)
  const ResourceArns = [arn]
  if (Object.keys(put).length > 0) await elb.send(AddTagsCommand, { ResourceArns, Tags: tagList(put) })
  if (remove.length > 0) await elb.send(RemoveTagsCommand, { ResourceArns, TagKeys: [...remove] })
}

export const loadBalancers = (elb: CloudApi): AsyncIterable<LoadBalancer> =>
  elb.pages(DescribeLoadBalancersCommand, { PageSize: mostPerPage }, (page) => page.LoadBalancers)

/** Of one load balancer, or of all. */
export async function listenersOf(
  balancers: AsyncIterable<LoadBalancer>,
  elb: CloudApi,
): Promise<readonly Listener[]> {
  const all = await Array.fromAsync(balancers)
  const found = await elb.each(all, ({ LoadBalancerArn }) =>
    unlessAbsent(
      Array.fromAsync(elb.pages(DescribeListenersCommand, { LoadBalancerArn }, (page) => page.Listeners)),
    ),
  )
  return found.flat()
}
