/** Task definitions: one row, the newest revision of a family; a change registers the next one and ends the old. */
import {
  DeregisterTaskDefinitionCommand,
  DescribeTaskDefinitionCommand,
  ECSClient,
  ListTaskDefinitionFamiliesCommand,
  ListTaskDefinitionsCommand,
  type ProxyConfiguration,
  RegisterTaskDefinitionCommand,
  type TaskDefinition,
  type Volume,
} from '@aws-sdk/client-ecs'
import {
  type CloudApi,
  type CloudId,
  defineMapper,
  defineTable,
  done,
  IasqlError,
  type Json,
  ownTags,
  type Place,
  partitionOf,
  type Resolved,
  type TagMap,
  tokenTag,
  versioned,
} from '../kit/index.ts'
import { fromShape, toShape } from './container-shape.ts'
import { sizeNameOf, sizeOf } from './cpu-memory.ts'
import { allTags, removeTags, tagList, tagsIn, updateTags } from './tags.ts'
import { columns, type Row } from './task-definition-columns.ts'

interface SeenDefinition {
  readonly definition: TaskDefinition
  readonly tags: TagMap
}

const idOf = ({ definition }: Pick<SeenDefinition, 'definition'>) => ({
  task_definition_arn: definition.taskDefinitionArn ?? '',
})

/** Of a family it is the newest revision that is active; a revision that is not is as good as gone. */
async function read(taskDefinition: string, ecs: CloudApi): Promise<SeenDefinition | undefined> {
  const found = await unlessUnknown(
    ecs.send(DescribeTaskDefinitionCommand, { taskDefinition, include: ['TAGS'] }),
  )
  const definition = found?.taskDefinition
  return definition?.status === 'ACTIVE' ? { definition, tags: allTags(found?.tags) } : undefined
}

/** ECS has one name of an error for all that is wrong with a request. */
async function unlessUnknown<Answer>(call: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await call
  } catch (error) {
    const refusal = error instanceof IasqlError ? error.refusal : undefined
    if (refusal?.error === 'ClientException' && /Unable to describe task definition/i.test(refusal.message))
      return undefined
    throw error
  }
}

async function* revisionsOf(familyPrefix: string, ecs: CloudApi): AsyncIterable<CloudId> {
  const input = { familyPrefix, status: 'ACTIVE', sort: 'DESC', maxResults: 100 } as const
  for await (const arn of ecs.pages(ListTaskDefinitionsCommand, input, (page) => page.taskDefinitionArns))
    yield { task_definition_arn: arn }
}

const definitions = versioned<Row, SeenDefinition>({
  families: (ecs) =>
    ecs.pages(
      ListTaskDefinitionFamiliesCommand,
      { status: 'ACTIVE', maxResults: 100 },
      (page) => page.families,
    ),
  newest: read,
  read: ({ task_definition_arn = '' }, ecs) => read(task_definition_arn, ecs),
  revisions: revisionsOf,
  familyOf: ({ family }) => family,
  tokenOf: (seen) => seen.tags[tokenTag],
})

/** Names tell roles apart whatever their path, which only the ARNs of the revision before say. */
async function rolesOf({ family, task_role_name, execution_role_name }: Resolved<Row>, ecs: CloudApi) {
  const named = task_role_name ?? execution_role_name
  const before = named === null ? undefined : (await read(family, ecs))?.definition
  const known = [before?.taskRoleArn, before?.executionRoleArn]
  const arnOfRole = (name: string | null): string | undefined =>
    name === null ? undefined : (known.find((role) => roleName(role) === name) ?? roleArn(name, ecs.place))
  return { taskRoleArn: arnOfRole(task_role_name), executionRoleArn: arnOfRole(execution_role_name) }
}

const roleArn = (name: string, { accountId, region }: Place): string =>
  `arn:${partitionOf(region)}:iam::${accountId}:role/${name}`

const roleName = (roleArnOrName: string | undefined): string | null =>
  roleArnOrName?.split('/').at(-1) || null

function platformOf({ cpu_architecture, operating_system_family }: Resolved<Row>) {
  if (cpu_architecture === null && operating_system_family === null) return {}
  return {
    runtimePlatform: {
      ...(cpu_architecture ? { cpuArchitecture: cpu_architecture } : {}),
      ...(operating_system_family ? { operatingSystemFamily: operating_system_family } : {}),
    },
  }
}

const requestOf = (want: Resolved<Row>, place: Place) => ({
  family: want.family,
  containerDefinitions: want.container_definitions.map((container) => toShape(container, place.region)),
  requiresCompatibilities: ['FARGATE' as const],
  networkMode: want.network_mode,
  cpu: sizeOf(want.cpu_memory).cpu,
  memory: sizeOf(want.cpu_memory).memory,
  ...platformOf(want),
  volumes: want.volumes as unknown as Volume[],
  pidMode: want.pid_mode ?? undefined,
  ...(want.proxy_configuration === null
    ? {}
    : { proxyConfiguration: want.proxy_configuration as unknown as ProxyConfiguration }),
  ...(want.enable_fault_injection ? { enableFaultInjection: true } : {}),
  ...(want.ephemeral_storage === null ? {} : { ephemeralStorage: { sizeInGiB: want.ephemeral_storage } }),
})

/** What ECS fills in, a row says nothing of. */
const volumeFrom = ({ host, ...volume }: Volume): Json =>
  ({ ...volume, ...(host?.sourcePath ? { host } : {}) }) as unknown as Json

export const taskDefinition = defineTable({
  name: 'task_definition',
  description:
    'What a task of Fargate is made of; container_definition has its containers. A change registers a new revision, services are moved to it, and the old one is deregistered.',
  naturalKey: ['family'],
  uniqueKey: false,
  holdsData: false,
  settleMs: 10_000,
  propagates: [
    {
      operation: 'RegisterTaskDefinition',
      error: 'ClientException',
      message: /Role is not valid|unable to (assume|use) (the )?role/i,
      forMs: 60_000,
      because: 'a new role is not known everywhere at once',
    },
  ],
  columns,
  mapper: defineMapper<Row, SeenDefinition>()({
    client: ECSClient,
    operations: [
      'ListTaskDefinitionFamilies',
      'ListTaskDefinitions',
      'DescribeTaskDefinition',
      'RegisterTaskDefinition',
      'TagResource',
      'UntagResource',
      'DeregisterTaskDefinition',
    ],
    idOf,
    ...definitions,
    untag: (ids, ecs) =>
      removeTags(
        ids.map(({ task_definition_arn = '' }) => task_definition_arn),
        [...ownTags],
        ecs,
      ),
    async create(want, token, ecs) {
      const { taskDefinition: made = {} } = await ecs.send(RegisterTaskDefinitionCommand, {
        ...requestOf(want, ecs.place),
        ...(await rolesOf(want, ecs)),
        tags: tagList({ ...want.tags, [tokenTag]: token }),
      })
      return done(idOf({ definition: made }))
    },
    async update(seen, want, delta, _, ecs) {
      const id = idOf(seen)
      if (delta.tags) await updateTags(id.task_definition_arn, { seen: seen.tags, want: want.tags }, ecs)
      return done(id)
    },
    async delete(seen, _, ecs) {
      const id = idOf(seen)
      await ecs.send(DeregisterTaskDefinitionCommand, { taskDefinition: id.task_definition_arn })
      return done(id)
    },
    toRow: ({ definition, tags: all }) => ({
      family: definition.family ?? '',
      cpu_memory: sizeNameOf(definition.cpu, definition.memory),
      container_definitions: (definition.containerDefinitions ?? []).map(fromShape),
      task_role_name: roleName(definition.taskRoleArn),
      execution_role_name: roleName(definition.executionRoleArn),
      network_mode: definition.networkMode ?? 'awsvpc',
      cpu_architecture: definition.runtimePlatform?.cpuArchitecture ?? null,
      operating_system_family:
        (definition.runtimePlatform?.operatingSystemFamily as Row['operating_system_family']) ?? null,
      ephemeral_storage: definition.ephemeralStorage?.sizeInGiB ?? null,
      volumes: (definition.volumes ?? []).map(volumeFrom),
      pid_mode: definition.pidMode ?? null,
      proxy_configuration: (definition.proxyConfiguration ?? null) as unknown as Json,
      enable_fault_injection: definition.enableFaultInjection ?? false,
      task_definition_arn: definition.taskDefinitionArn ?? null,
      revision: definition.revision ?? null,
      status: definition.status ?? null,
      tags: tagsIn(all),
    }),
  }),
})
