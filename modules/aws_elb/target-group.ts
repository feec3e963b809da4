/** Target groups: who answers the requests of load balancers, and how it is found to be healthy. */
import {
  CreateTargetGroupCommand,
  DeleteTargetGroupCommand,
  DescribeTargetGroupAttributesCommand,
  DescribeTargetGroupsCommand,
  ElasticLoadBalancingV2Client,
  type Matcher,
  ModifyTargetGroupAttributesCommand,
  ModifyTargetGroupCommand,
  type TargetGroup,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import {
  type CloudApi,
  type ColumnDelta,
  defineMapper,
  defineTable,
  done,
  type Resolved,
  type RowOf,
  ref,
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
import { byArns, tagsToCreate, updateTags, withTags } from './describe.ts'
import { attributeColumns, attributeNames, columns } from './target-group-columns.ts'

type Row = RowOf<typeof columns>

interface SeenGroup {
  readonly group: TargetGroup
  /** Absent in a list, as are the tags. */
  readonly attributes?: Attributes
  readonly tags?: TagMap
}

const idOf = ({ group }: Pick<SeenGroup, 'group'>) => ({ target_group_arn: group.TargetGroupArn ?? '' })

async function hydrate(groups: readonly TargetGroup[], elb: CloudApi): Promise<readonly SeenGroup[]> {
  const tagged = await withTags(groups, ({ TargetGroupArn }) => TargetGroupArn, elb)
  return elb.each(tagged, async ({ item: group, tags }) => {
    const { TargetGroupArn } = group
    const told = await unlessAbsent(elb.send(DescribeTargetGroupAttributesCommand, { TargetGroupArn }))
    return told && { group, attributes: attributesFrom(told.Attributes), tags }
  })
}

const matcherOf = ({ matcher, protocol_version }: Resolved<Row>): Matcher | undefined => {
  if (matcher === null) return undefined
  return protocol_version === 'GRPC' ? { GrpcCode: matcher } : { HttpCode: matcher }
}

const healthCheckOf = (want: Resolved<Row>) => ({
  HealthCheckEnabled: want.health_check_enabled ?? undefined,
  HealthCheckProtocol: want.health_check_protocol ?? undefined,
  HealthCheckPort: want.health_check_port ?? undefined,
  HealthCheckPath: want.health_check_path ?? undefined,
  HealthCheckIntervalSeconds: want.health_check_interval_seconds ?? undefined,
  HealthCheckTimeoutSeconds: want.health_check_timeout_seconds ?? undefined,
  HealthyThresholdCount: want.healthy_threshold_count ?? undefined,
  UnhealthyThresholdCount: want.unhealthy_threshold_count ?? undefined,
  Matcher: matcherOf(want),
})

const isOfHealthCheck = (column: string): boolean => /^(un)?health|^matcher$/.test(column)

/** Only what changed: AWS refuses some of the others for some protocols, even if they stay as they are. */
const onlyChanged = (want: Resolved<Row>, delta: ColumnDelta<Row>): Resolved<Row> => ({
  ...want,
  ...Object.fromEntries(
    Object.keys(want)
      .filter((column) => isOfHealthCheck(column) && !(column in delta))
      .map((column) => [column, null]),
  ),
})

function toRow({ group, attributes, tags }: SeenGroup): Row {
  const told: Pick<Row, keyof typeof attributeColumns> = attributeRow(
    attributeColumns,
    attributeNames,
    attributes,
  )
  const ipAddressType: string | undefined = group.IpAddressType
  return {
    target_group_name: group.TargetGroupName ?? '',
    target_type: group.TargetType ?? 'instance',
    ip_address_type: ipAddressType === 'ipv4' || ipAddressType === 'ipv6' ? ipAddressType : null,
    protocol: (group.Protocol as Row['protocol']) ?? null,
    protocol_version: (group.ProtocolVersion as Row['protocol_version']) ?? null,
    port: group.Port ?? null,
    vpc: ref('aws_vpc.vpc', group.VpcId ? { vpc_id: group.VpcId } : null),
    health_check_enabled: group.HealthCheckEnabled ?? null,
    health_check_protocol: (group.HealthCheckProtocol as Row['health_check_protocol']) ?? null,
    health_check_port: group.HealthCheckPort ?? null,
    health_check_path: group.HealthCheckPath ?? null,
    health_check_interval_seconds: group.HealthCheckIntervalSeconds ?? null,
    health_check_timeout_seconds: group.HealthCheckTimeoutSeconds ?? null,
    healthy_threshold_count: group.HealthyThresholdCount ?? null,
    unhealthy_threshold_count: group.UnhealthyThresholdCount ?? null,
    matcher: group.Matcher?.GrpcCode ?? group.Matcher?.HttpCode ?? null,
    ...told,
    target_group_arn: group.TargetGroupArn ?? null,
    tags: tags ?? {},
  }
}

export const targetGroup = defineTable({
  name: 'target_group',
  description:
    'Who answers requests of load balancers: instances, addresses, a function or another load balancer.',
  naturalKey: ['target_group_name'],
  named: true,
  holdsData: false,
  settleMs: 15_000,
  hydrates: [...(Object.keys(attributeColumns) as (keyof typeof attributeColumns)[]), 'tags'],
  checks: [
    {
      sql: "(target_type = 'lambda') = (protocol IS NULL) AND (target_type = 'lambda') = (port IS NULL)",
      message: 'give protocol and port, and neither for lambda',
    },
    {
      sql: "(target_type = 'lambda') = (vpc IS NULL)",
      message: 'give the vpc of the targets, and none for lambda',
    },
  ],
  columns,
  mapper: defineMapper<Row, SeenGroup>()({
    client: ElasticLoadBalancingV2Client,
    operations: [
      'DescribeTargetGroups',
      'DescribeTargetGroupAttributes',
      'DescribeTags',
      'CreateTargetGroup',
      'ModifyTargetGroup',
      'ModifyTargetGroupAttributes',
      'AddTags',
      'RemoveTags',
      'DeleteTargetGroup',
    ],
    idOf,
    async *list(_, elb) {
      const groups = elb.pages(DescribeTargetGroupsCommand, { PageSize: 400 }, (page) => page.TargetGroups)
      for await (const group of groups) yield { group }
    },
    async get(ids, elb) {
      const arns = ids.map(({ target_group_arn = '' }) => target_group_arn)
      const read = async (TargetGroupArns: string[]) =>
        (await elb.send(DescribeTargetGroupsCommand, { TargetGroupArns })).TargetGroups ?? []
      return hydrate(await byArns(arns, elb, read), elb)
    },
    async findByName({ target_group_name }, elb) {
      const found = await unlessAbsent(elb.send(DescribeTargetGroupsCommand, { Names: [target_group_name] }))
      return (await hydrate(found?.TargetGroups ?? [], elb))[0]
    },
    async create(want, _, elb) {
      const { TargetGroups: [made = {}] = [] } = await elb.send(CreateTargetGroupCommand, {
        Name: want.target_group_name,
        TargetType: want.target_type,
        IpAddressType: want.ip_address_type ?? undefined,
        Protocol: want.protocol ?? undefined,
        ProtocolVersion: want.protocol_version ?? undefined,
        Port: want.port ?? undefined,
        VpcId: want.vpc?.vpc_id,
        ...healthCheckOf(want),
        ...tagsToCreate(want.tags),
      })
      const id = idOf({ group: made })
      const isAsMade = !hasAttributes(attributeColumns, attributeNames, want)
      return isAsMade ? done(id) : waiting(id, 'the target group to take its attributes', 'again')
    },
    async update(seen, want, delta, _, elb) {
      const TargetGroupArn = seen.group.TargetGroupArn ?? ''
      const changed = Object.keys(delta)
      if (changed.some(isOfHealthCheck))
        await elb.send(ModifyTargetGroupCommand, {
          TargetGroupArn,
          ...healthCheckOf(onlyChanged(want, delta)),
        })
      const Attributes = attributesToSend(attributeNames, want, changed)
      if (Attributes.length > 0)
        await elb.send(ModifyTargetGroupAttributesCommand, { TargetGroupArn, Attributes })
      if (delta.tags) await updateTags(TargetGroupArn, { seen: seen.tags ?? {}, want: want.tags }, elb)
      return done(idOf(seen))
    },
    async delete(seen, _, elb) {
      await elb.send(DeleteTargetGroupCommand, { TargetGroupArn: seen.group.TargetGroupArn })
      return done(idOf(seen))
    },
    toRow,
  }),
})
