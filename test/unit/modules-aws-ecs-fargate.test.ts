/** Answers that ECS gives and the emulator does not: deployments under way, what it fills in, what was deleted. */
import {
  CreateServiceCommand,
  DeleteServiceCommand,
  DescribeClustersCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, expect, test } from 'vitest'
import { createCloud } from '#aws/create-cloud.ts'
import { ref, waiting } from '#engine/model/cloud.ts'
import type { Mapper } from '#modules/kit/index.ts'
import { findTable } from '#modules/registry.ts'
import { mapperOf, rowOf } from '#test/support/recorded-mapper.ts'

const ecs = mockClient(ECSClient)
const cloud = createCloud({ profile: 'aws', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } })
const place = { accountId: '123456789012', region: 'eu-west-1' }
const api = (mapper: Mapper) => cloud.api(mapper.client, place, AbortSignal.timeout(5_000))

beforeEach(() => ecs.reset())

const arn = 'arn:aws:ecs:eu-west-1:123456789012'
const serviceArn = `${arn}:service/shop/web`
const revision = (number: number) => `${arn}:task-definition/shop:${number}`

const deployed = (rolloutState: 'COMPLETED' | 'IN_PROGRESS' | 'FAILED', running = 2) => ({
  status: 'ACTIVE',
  desiredCount: 2,
  runningCount: running,
  deployments: [{ status: 'PRIMARY', rolloutState, runningCount: running, failedTasks: 0 }],
  events: [{ message: '(service web) was unable to place a task' }],
})

test('a service is ready once all its tasks run, and says why it never will be', () => {
  const settled = (service: object) => mapperOf('service').settled?.(service)

  expect(settled(deployed('COMPLETED'))).toBe(true)
  expect(settled(deployed('COMPLETED', 1))).toBe(false)
  expect(settled(deployed('IN_PROGRESS'))).toBe(false)
  expect(settled(deployed('FAILED'))).toEqual({ failed: '(service web) was unable to place a task' })
  const hopeless = { ...deployed('IN_PROGRESS', 0), deployments: [{ status: 'PRIMARY', failedTasks: 12 }] }
  expect(settled(hopeless)).toEqual({ failed: '(service web) was unable to place a task' })
})

test('a service is not ready while tasks of the deployment before still run', () => {
  const service = deployed('COMPLETED')
  const old = { status: 'ACTIVE', rolloutState: 'COMPLETED' }

  expect(mapperOf('service').settled?.({ ...service, deployments: [...service.deployments, old] })).toBe(
    false,
  )
})

test('an update sends only what changed, so that no deployment begins for nothing', async () => {
  const mapper = mapperOf('service')
  ecs.on(UpdateServiceCommand).resolves({})
  const want = rowOf('service', {
    name: 'web',
    desired_count: 3,
    task_definition_id: { task_definition_arn: revision(2) },
  })
  const seen = { serviceArn, serviceName: 'web' }

  const outcome = await mapper.update(seen, want, { desired_count: { from: 2, to: 3 } }, 'token', api(mapper))

  expect(ecs.commandCalls(UpdateServiceCommand)[0]?.args[0].input).toEqual({
    cluster: 'shop',
    service: 'web',
    desiredCount: 3,
  })
  expect(outcome).toEqual(waiting({ arn: serviceArn }, 'the service to reach a steady state'))
})

test('other capacity begins a deployment, without which ECS refuses it', async () => {
  const mapper = mapperOf('service')
  ecs.on(UpdateServiceCommand).resolves({})
  const seen = { serviceArn: `${arn}:service/web`, serviceName: 'web', clusterArn: `${arn}:cluster/shop` }
  const spot = [{ capacityProvider: 'FARGATE_SPOT', weight: 1, base: 0 }]
  const change = async (capacity_provider_strategy: object[]) => {
    const want = rowOf('service', { name: 'web', capacity_provider_strategy })
    const delta = { capacity_provider_strategy: { from: null, to: null } }
    await mapper.update(seen, want, delta, 'token', api(mapper))
  }

  await change(spot)
  await change([])

  const call = { cluster: `${arn}:cluster/shop`, service: 'web', forceNewDeployment: true }
  expect(ecs.commandCalls(UpdateServiceCommand).map(({ args }) => args[0].input)).toEqual([
    { ...call, capacityProviderStrategy: spot },
    { ...call, capacityProviderStrategy: [] },
  ])
})

test('a new revision names the roles of the one before by their paths, and others by none', async () => {
  const mapper = mapperOf('task_definition')
  const role = (name: string) => `arn:aws:iam::123456789012:role/${name}`
  ecs.on(DescribeTaskDefinitionCommand).resolves({
    taskDefinition: { taskDefinitionArn: revision(1), status: 'ACTIVE', taskRoleArn: role('shop/web') },
  })
  ecs.on(RegisterTaskDefinitionCommand).resolves({ taskDefinition: { taskDefinitionArn: revision(2) } })
  const roles = { task_role_name: 'web', execution_role_name: 'puller' }
  const row = { family: 'shop', cpu_memory: 'vCPU0.5-1GB', container_definitions: [], volumes: [], ...roles }

  await mapper.create(rowOf('task_definition', row), 'token', api(mapper))

  expect(ecs.commandCalls(RegisterTaskDefinitionCommand)[0]?.args[0].input).toMatchObject({
    taskRoleArn: role('shop/web'),
    executionRoleArn: role('puller'),
  })
})

test('a service of another capacity than FARGATE alone names no launch type', async () => {
  const mapper = mapperOf('service')
  ecs.on(CreateServiceCommand).resolves({ service: { serviceArn } })
  const capacity_provider_strategy = [{ capacityProvider: 'FARGATE_SPOT', weight: 1, base: 0 }]
  const row = { name: 'web', desired_count: 1 }

  await mapper.create(rowOf('service', { ...row, capacity_provider_strategy }), 'token', api(mapper))
  await mapper.create(rowOf('service', row), 'token', api(mapper))

  const [spot, plain] = ecs.commandCalls(CreateServiceCommand).map(({ args }) => args[0].input)
  expect(spot?.launchType).toBeUndefined()
  expect(spot?.capacityProviderStrategy).toEqual(capacity_provider_strategy)
  expect(plain?.launchType).toBe('FARGATE')
  expect(plain?.capacityProviderStrategy).toBeUndefined()
})

test('a deleted service is waited for while it drains, and then is gone', async () => {
  const mapper = mapperOf('service')
  ecs.on(DeleteServiceCommand).resolves({})
  const service = { serviceArn, serviceName: 'web', clusterArn: `${arn}:cluster/shop` }
  ecs
    .on(DescribeServicesCommand)
    .resolvesOnce({ services: [{ ...service, status: 'DRAINING' }] })
    .resolvesOnce({ services: [{ ...service, status: 'INACTIVE' }] })

  const outcome = await mapper.delete({ ...service, status: 'ACTIVE' }, {}, api(mapper))
  const draining = await mapper.get([{ arn: serviceArn }], api(mapper))
  const gone = await mapper.get([{ arn: serviceArn }], api(mapper))

  expect(outcome).toEqual(waiting({ arn: serviceArn }, 'its tasks to stop'))
  expect(ecs.commandCalls(DeleteServiceCommand)[0]?.args[0].input).toMatchObject({
    cluster: `${arn}:cluster/shop`,
    force: true,
  })
  expect([draining.length, gone.length]).toEqual([1, 0])
})

test('a create of a service waits for the listener of its target group and for the one before it to drain', () => {
  const { propagates = [] } = findTable('service') ?? {}
  const isAwaited = (text: string) =>
    propagates.some(
      ({ operation, error, message }) =>
        operation === 'CreateService' && error === 'InvalidParameterException' && message.test(text),
    )

  expect(
    isAwaited('The target group with targetGroupArn arn:… does not have an associated load balancer.'),
  ).toBe(true)
  expect(isAwaited('Unable to Start a service that is still Draining.')).toBe(true)
  expect(isAwaited('The container web does not exist in the task definition.')).toBe(false)
})

test('an inactive revision and an inactive cluster are gone', async () => {
  const [definition, cluster] = [mapperOf('task_definition'), mapperOf('cluster')]
  ecs.on(DescribeTaskDefinitionCommand).resolves({
    taskDefinition: { taskDefinitionArn: revision(1), status: 'INACTIVE' },
  })
  ecs.on(DescribeClustersCommand).resolves({ clusters: [{ clusterArn: 'c-1', status: 'INACTIVE' }] })

  expect(await definition.get([{ task_definition_arn: revision(1) }], api(definition))).toEqual([])
  expect(await cluster.get([{ cluster_arn: 'c-1' }], api(cluster))).toEqual([])
})

test('what ECS fills in of a container is no difference', () => {
  const mapper = mapperOf('task_definition')
  const row = mapper.toRow({
    tags: { team: 'shop', 'iasql:token': 't' },
    definition: {
      taskDefinitionArn: revision(1),
      family: 'shop',
      revision: 1,
      cpu: '512',
      memory: '1024',
      executionRoleArn: 'arn:aws:iam::123456789012:role/shop-execution',
      volumes: [{ name: 'data', host: {} }],
      containerDefinitions: [
        {
          name: 'web',
          image: 'nginx:1.29',
          cpu: 0,
          essential: true,
          portMappings: [{ containerPort: 80, hostPort: 80, protocol: 'tcp' }],
          environment: [],
          mountPoints: [],
          volumesFrom: [],
          systemControls: [],
          healthCheck: { command: ['CMD', 'true'], interval: 30, timeout: 5, retries: 3 },
          logConfiguration: {
            logDriver: 'awslogs',
            options: {
              'awslogs-group': '/ecs/shop',
              'awslogs-region': 'eu-west-1',
              'awslogs-stream-prefix': 'ecs',
            },
          },
        },
      ],
    },
  })

  expect(row).toMatchObject({
    cpu_memory: 'vCPU0.5-1GB',
    execution_role_name: 'shop-execution',
    volumes: [{ name: 'data' }],
    tags: { team: 'shop' },
    container_definitions: [
      {
        name: 'web',
        image: 'nginx:1.29',
        container_port: 80,
        log_group_id: '/ecs/shop',
        health_check_command: ['CMD', 'true'],
      },
    ],
  })
  expect(Object.keys((row.container_definitions as readonly object[])[0] ?? {})).toHaveLength(5)
})

test('a service refers to the revision that it runs', () => {
  const row = mapperOf('service').toRow({ serviceArn, serviceName: 'web', taskDefinition: revision(7) })

  expect(row.task_definition_id).toEqual(
    ref('aws_ecs_fargate.task_definition', { task_definition_arn: revision(7) }),
  )
})
