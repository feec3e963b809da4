/** Clusters: what services and tasks run in; one row, one cluster. */
import {
  type CapacityProviderStrategyItem,
  type Cluster,
  type ClusterConfiguration,
  CreateClusterCommand,
  DeleteClusterCommand,
  ECSClient,
  PutClusterCapacityProvidersCommand,
  UpdateClusterCommand,
} from '@aws-sdk/client-ecs'
import {
  arn,
  type CloudApi,
  type ColumnDelta,
  choice,
  defineMapper,
  defineTable,
  done,
  type Json,
  jsonDocument,
  type Resolved,
  type RowOf,
  set,
  tags,
  text,
  waiting,
} from '../kit/index.ts'
import { clusterArns, readClusters } from './clusters.ts'
import { allTags, tagsIn, tagsToCreate, updateTags } from './tags.ts'

/** Who lends capacity, and in which shares, is said in one call. */
const capacity = { part: 'capacity', ownCall: ['update'], default: [] } as const

const columns = {
  cluster_name: text('Name of the cluster.', {
    required: true,
    replaces: 'after',
    check: "{} ~ '^[A-Za-z0-9_-]{1,255}$'",
  }),
  container_insights: choice(
    ['disabled', 'enabled', 'enhanced'],
    "Whether CloudWatch gathers figures of its containers; null takes the account's setting.",
  ),
  capacity_providers: set('Who lends capacity: FARGATE, FARGATE_SPOT.', capacity),
  default_capacity_provider_strategy: jsonDocument(
    'Shares for what names none: [{"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0}].',
    capacity,
  ),
  execute_command_configuration: jsonDocument(
    'How commands in containers are logged, as ECS has it: {"logging": "DEFAULT"}.',
  ),
  service_connect_namespace: arn(
    'Namespace of Cloud Map that Service Connect uses where a service names none.',
  ),
  cluster_arn: arn('ARN, made by AWS.', { output: true }),
  cluster_status: text('ACTIVE, PROVISIONING, DEPROVISIONING or FAILED.', { output: true }),
  tags: tags(),
}

type Row = RowOf<typeof columns>

const idOf = ({ clusterArn }: Cluster) => ({ cluster_arn: clusterArn ?? '' })

const settingsOf = ({ container_insights }: Resolved<Row>) => ({
  ...(container_insights
    ? { settings: [{ name: 'containerInsights' as const, value: container_insights }] }
    : {}),
})

const strategyOf = (strategy: Json): CapacityProviderStrategyItem[] =>
  Array.isArray(strategy) ? (strategy as unknown as CapacityProviderStrategyItem[]) : []

const configurationOf = (want: Resolved<Row>) => ({
  ...(want.execute_command_configuration === null
    ? {}
    : {
        configuration: {
          executeCommandConfiguration: want.execute_command_configuration,
        } as unknown as ClusterConfiguration,
      }),
  ...(want.service_connect_namespace === null
    ? {}
    : { serviceConnectDefaults: { namespace: want.service_connect_namespace } }),
})

async function update(seen: Cluster, want: Resolved<Row>, delta: ColumnDelta<Row>, ecs: CloudApi) {
  const { cluster_arn: cluster } = idOf(seen)
  if (delta.container_insights || delta.execute_command_configuration || delta.service_connect_namespace)
    await ecs.send(UpdateClusterCommand, { cluster, ...settingsOf(want), ...configurationOf(want) })
  if (delta.capacity_providers || delta.default_capacity_provider_strategy)
    await ecs.send(PutClusterCapacityProvidersCommand, {
      cluster,
      capacityProviders: [...want.capacity_providers],
      defaultCapacityProviderStrategy: strategyOf(want.default_capacity_provider_strategy),
    })
  if (delta.tags) await updateTags(cluster, { seen: allTags(seen.tags), want: want.tags }, ecs)
}

function toRow(seen: Cluster): Row {
  const insights = seen.settings?.find(({ name }) => name === 'containerInsights')?.value
  const strategy = (seen.defaultCapacityProviderStrategy ?? []).map(
    ({ capacityProvider = '', weight = 0, base = 0 }) => ({ capacityProvider, weight, base }),
  )
  return {
    cluster_name: seen.clusterName ?? '',
    container_insights: (insights as Row['container_insights']) ?? null,
    capacity_providers: seen.capacityProviders ?? [],
    default_capacity_provider_strategy: strategy,
    execute_command_configuration:
      (seen.configuration?.executeCommandConfiguration as Json | undefined) ?? null,
    service_connect_namespace: seen.serviceConnectDefaults?.namespace ?? null,
    cluster_arn: seen.clusterArn ?? null,
    cluster_status: seen.status ?? null,
    tags: tagsIn(allTags(seen.tags)),
  }
}

export const cluster = defineTable({
  name: 'cluster',
  description: 'What services and tasks run in.',
  naturalKey: ['cluster_name'],
  named: true,
  holdsData: false,
  settleMs: 15_000,
  propagates: [
    {
      operation: 'CreateCluster',
      error: 'InvalidParameterException',
      message: /Unable to assume the service linked role/i,
      forMs: 60_000,
      because: "the role of ECS is made along with the account's first cluster",
    },
  ],
  columns,
  mapper: defineMapper<Row, Cluster>()({
    client: ECSClient,
    operations: [
      'ListClusters',
      'DescribeClusters',
      'CreateCluster',
      'UpdateCluster',
      'PutClusterCapacityProviders',
      'TagResource',
      'UntagResource',
      'DeleteCluster',
    ],
    idOf,
    async *list(_, ecs) {
      yield* await readClusters(await Array.fromAsync(clusterArns(ecs)), ecs)
    },
    get: (ids, ecs) =>
      readClusters(
        ids.map(({ cluster_arn = '' }) => cluster_arn),
        ecs,
      ),
    findByName: async ({ cluster_name }, ecs) => (await readClusters([cluster_name], ecs))[0],
    async create(want, _, ecs) {
      const { cluster: made = {} } = await ecs.send(CreateClusterCommand, {
        clusterName: want.cluster_name,
        ...settingsOf(want),
        ...configurationOf(want),
        ...(want.capacity_providers.length > 0 ? { capacityProviders: [...want.capacity_providers] } : {}),
        ...(strategyOf(want.default_capacity_provider_strategy).length > 0
          ? { defaultCapacityProviderStrategy: strategyOf(want.default_capacity_provider_strategy) }
          : {}),
        ...tagsToCreate(want.tags),
      })
      return waiting(idOf(made), 'the cluster to become active')
    },
    async update(seen, want, delta, _, ecs) {
      await update(seen, want, delta, ecs)
      return waiting(idOf(seen), 'the cluster to take its capacity')
    },
    async delete(seen, _, ecs) {
      await ecs.send(DeleteClusterCommand, { cluster: seen.clusterArn })
      return done(idOf(seen))
    },
    settled: ({ status, attachmentsStatus }) => {
      if (status === 'FAILED') return { failed: 'the cluster could not be set up' }
      return status === 'ACTIVE' && attachmentsStatus !== 'UPDATE_IN_PROGRESS'
    },
    toRow,
  }),
})
