/** Load balancers: application, network and gateway; one row, one load balancer. */
import {
  CreateLoadBalancerCommand,
  DeleteLoadBalancerCommand,
  DescribeLoadBalancerAttributesCommand,
  DescribeLoadBalancersCommand,
  ElasticLoadBalancingV2Client,
  type LoadBalancer,
  ModifyLoadBalancerAttributesCommand,
  SetIpAddressTypeCommand,
  SetSecurityGroupsCommand,
  SetSubnetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import {
  type CloudApi,
  type ColumnDelta,
  defineMapper,
  defineTable,
  type Resolved,
  type RowOf,
  ref,
  type Settled,
  type TagMap,
  unlessAbsent,
  waiting,
} from '../kit/index.ts'
import {
  type Attributes,
  attributeRow,
  attributesFrom,
  attributesToSend,
  hasAttributes,
} from './attributes.ts'
import { byArns, loadBalancers, tagsToCreate, updateTags, withTags } from './describe.ts'
import { attributeColumns, attributeNames, columns } from './load-balancer-columns.ts'
import { groupLines, groupsOf, subnetLines, subnetsOf } from './load-balancer-lines.ts'

type Row = RowOf<typeof columns>

interface SeenBalancer {
  readonly balancer: LoadBalancer
  /** Absent in a list, as are the tags. */
  readonly attributes?: Attributes
  readonly tags?: TagMap
}

const idOf = ({ balancer }: Pick<SeenBalancer, 'balancer'>) => ({
  load_balancer_arn: balancer.LoadBalancerArn ?? '',
})

async function hydrate(balancers: readonly LoadBalancer[], elb: CloudApi): Promise<readonly SeenBalancer[]> {
  const tagged = await withTags(balancers, ({ LoadBalancerArn }) => LoadBalancerArn, elb)
  return elb.each(tagged, async ({ item: balancer, tags }) => {
    const { LoadBalancerArn } = balancer
    const told = await unlessAbsent(elb.send(DescribeLoadBalancerAttributesCommand, { LoadBalancerArn }))
    return told && { balancer, attributes: attributesFrom(told.Attributes), tags }
  })
}

const readByArns = (arns: readonly string[], elb: CloudApi): Promise<readonly LoadBalancer[]> =>
  byArns(
    arns,
    elb,
    async (LoadBalancerArns) =>
      (await elb.send(DescribeLoadBalancersCommand, { LoadBalancerArns })).LoadBalancers ?? [],
  )

async function update(seen: SeenBalancer, want: Resolved<Row>, delta: ColumnDelta<Row>, elb: CloudApi) {
  const LoadBalancerArn = seen.balancer.LoadBalancerArn ?? ''
  // An IPv6 address type needs subnets that have IPv6, and these may just be coming.
  if (delta.subnets) await elb.send(SetSubnetsCommand, { LoadBalancerArn, ...subnetsOf(want.subnets) })
  if (delta.ip_address_type)
    await elb.send(SetIpAddressTypeCommand, { LoadBalancerArn, IpAddressType: want.ip_address_type })
  if (delta.security_groups)
    await elb.send(SetSecurityGroupsCommand, {
      LoadBalancerArn,
      SecurityGroups: groupsOf(want.security_groups),
    })
  const Attributes = attributesToSend(attributeNames, want, Object.keys(delta))
  if (Attributes.length > 0)
    await elb.send(ModifyLoadBalancerAttributesCommand, { LoadBalancerArn, Attributes })
  if (delta.tags) await updateTags(LoadBalancerArn, { seen: seen.tags ?? {}, want: want.tags }, elb)
}

function isSettled({ balancer: { State } }: SeenBalancer): Settled {
  if (State?.Code === 'failed') return { failed: State.Reason ?? 'the load balancer could not be set up' }
  return State?.Code !== 'provisioning'
}

function toRow({ balancer, attributes, tags }: SeenBalancer): Row {
  const told: Pick<Row, keyof typeof attributeColumns> = attributeRow(
    attributeColumns,
    attributeNames,
    attributes,
  )
  const isApplication = balancer.Type === 'application'
  return {
    load_balancer_name: balancer.LoadBalancerName ?? '',
    load_balancer_type: balancer.Type ?? 'application',
    scheme: balancer.Scheme ?? 'internet-facing',
    ip_address_type: balancer.IpAddressType ?? 'ipv4',
    subnets: subnetLines(balancer.AvailabilityZones),
    security_groups: groupLines(balancer.SecurityGroups),
    customer_owned_ipv4_pool: balancer.CustomerOwnedIpv4Pool || null,
    ...told,
    enable_cross_zone_load_balancing: isApplication ? null : told.enable_cross_zone_load_balancing,
    load_balancer_arn: balancer.LoadBalancerArn ?? null,
    dns_name: balancer.DNSName ?? null,
    canonical_hosted_zone_id: balancer.CanonicalHostedZoneId ?? null,
    created_time: balancer.CreatedTime?.toISOString() ?? null,
    state: balancer.State?.Code ?? null,
    vpc: ref('aws_vpc.vpc', balancer.VpcId ? { vpc_id: balancer.VpcId } : null),
    zone_count: balancer.AvailabilityZones?.length ?? 0,
    tags: tags ?? {},
  }
}

export const loadBalancer = defineTable({
  name: 'load_balancer',
  description:
    'A load balancer; load_balancer_subnet says where it stands, load_balancer_security_group what guards it.',
  naturalKey: ['load_balancer_name'],
  named: true,
  holdsData: false,
  settleMs: 15_000,
  estimates: { createMs: 150_000, updateMs: 3_000, deleteMs: 3_000 },
  // AWS makes none that faces the internet in a VPC that has no way there, nor takes that away from under it.
  after: [
    {
      table: 'aws_vpc.internet_gateway',
      by: ['vpc_id'],
      via: ['subnets', 'vpc_id'],
      where: { column: 'scheme', values: ['internet-facing'] },
    },
  ],
  hydrates: [...(Object.keys(attributeColumns) as (keyof typeof attributeColumns)[]), 'tags'],
  protects: [
    {
      when: 'enable_deletion_protection',
      message: 'deletion protection is on; set enable_deletion_protection = false and apply first',
    },
  ],
  checks: [
    {
      sql: "load_balancer_type <> 'application' OR enable_cross_zone_load_balancing IS NULL",
      message: 'an application load balancer always balances over all its zones',
    },
  ],
  columns,
  mapper: defineMapper<Row, SeenBalancer>()({
    client: ElasticLoadBalancingV2Client,
    operations: [
      'DescribeLoadBalancers',
      'DescribeLoadBalancerAttributes',
      'DescribeTags',
      'CreateLoadBalancer',
      'ModifyLoadBalancerAttributes',
      'SetSubnets',
      'SetSecurityGroups',
      'SetIpAddressType',
      'AddTags',
      'RemoveTags',
      'DeleteLoadBalancer',
    ],
    idOf,
    async *list(_, elb) {
      for await (const balancer of loadBalancers(elb)) yield { balancer }
    },
    async get(ids, elb) {
      const arns = ids.map(({ load_balancer_arn = '' }) => load_balancer_arn)
      return hydrate(await readByArns(arns, elb), elb)
    },
    async findByName({ load_balancer_name }, elb) {
      const found = await unlessAbsent(
        elb.send(DescribeLoadBalancersCommand, { Names: [load_balancer_name] }),
      )
      return (await hydrate(found?.LoadBalancers ?? [], elb))[0]
    },
    async create(want, _, elb) {
      const SecurityGroups = groupsOf(want.security_groups)
      const { LoadBalancers: [made = {}] = [] } = await elb.send(CreateLoadBalancerCommand, {
        Name: want.load_balancer_name,
        Type: want.load_balancer_type,
        IpAddressType: want.ip_address_type,
        ...subnetsOf(want.subnets),
        ...(want.load_balancer_type === 'gateway' ? {} : { Scheme: want.scheme }),
        ...(SecurityGroups.length > 0 ? { SecurityGroups } : {}),
        ...(want.customer_owned_ipv4_pool ? { CustomerOwnedIpv4Pool: want.customer_owned_ipv4_pool } : {}),
        ...tagsToCreate(want.tags),
      })
      const isAsMade = !hasAttributes(attributeColumns, attributeNames, want)
      return waiting(
        idOf({ balancer: made }),
        'the load balancer to become active',
        isAsMade ? 'done' : 'again',
      )
    },
    async update(seen, want, delta, _, elb) {
      await update(seen, want, delta, elb)
      return waiting(idOf(seen), 'the load balancer to become active')
    },
    async delete({ balancer }, _, elb) {
      await elb.send(DeleteLoadBalancerCommand, { LoadBalancerArn: balancer.LoadBalancerArn })
      return waiting(idOf({ balancer }), 'the load balancer to be gone')
    },
    settled: isSettled,
    toRow,
  }),
})
