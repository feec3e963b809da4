/** What the emulator of ECS drops or does not know: a revision and a service that are read say what was written. */
import { CreateServiceCommand, ECSClient, RegisterTaskDefinitionCommand } from '@aws-sdk/client-ecs'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, expect, test } from 'vitest'
import { createCloud } from '#aws/create-cloud.ts'
import type { Mapper } from '#modules/kit/index.ts'
import { mapperOf, rowOf } from '#test/support/recorded-mapper.ts'

const ecs = mockClient(ECSClient)
const cloud = createCloud({ profile: 'aws', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } })
const place = { accountId: '123456789012', region: 'eu-west-1' }
const api = (mapper: Mapper) => cloud.api(mapper.client, place, AbortSignal.timeout(5_000))

beforeEach(() => ecs.reset())

const container = {
  name: 'web',
  image: 'nginx:1.29',
  log_driver: 'splunk',
  log_options: { 'splunk-url': 'https://logs.example.com' },
  log_secret_options: { 'splunk-token': 'arn:aws:ssm:eu-west-1:123456789012:parameter/splunk' },
  linux_capabilities: { add: ['SYS_PTRACE'] },
  tmpfs: [{ containerPath: '/tmp', size: 64 }],
  interactive: true,
  pseudo_terminal: true,
  restart_policy: { enabled: true, restartAttemptPeriod: 60 },
  version_consistency: 'disabled',
  credential_specs: ['credentialspecdomainless:arn:aws:s3:::shop/spec.json'],
}
const proxy_configuration = {
  type: 'APPMESH',
  containerName: 'envoy',
  properties: [{ name: 'AppPorts', value: '80' }],
}

test('all that a container can have on Fargate is written and read again', async () => {
  const mapper = mapperOf('task_definition')
  ecs.on(RegisterTaskDefinitionCommand).resolves({ taskDefinition: { taskDefinitionArn: 'arn-1' } })
  const row = {
    ...{ family: 'shop', cpu_memory: 'vCPU0.5-1GB', container_definitions: [container] },
    ...{ proxy_configuration, enable_fault_injection: true },
  }

  await mapper.create(rowOf('task_definition', row), 'token', api(mapper))

  const definition = ecs.commandCalls(RegisterTaskDefinitionCommand)[0]?.args[0].input
  expect(definition).toMatchObject({ cpu: '512', memory: '1024', enableFaultInjection: true })
  expect(definition?.containerDefinitions?.[0]?.logConfiguration?.secretOptions).toEqual([
    { name: 'splunk-token', valueFrom: container.log_secret_options['splunk-token'] },
  ])
  expect(mapper.toRow({ definition, tags: {} })).toMatchObject(row)
})

test('capabilities of which ECS tells as empty lists are none', () => {
  const linuxParameters = {
    initProcessEnabled: true,
    capabilities: { add: [], drop: [] },
    tmpfs: [],
    devices: [],
  }
  const definition = { containerDefinitions: [{ name: 'web', image: 'nginx', linuxParameters }] }

  const row = mapperOf('task_definition').toRow({ definition, tags: {} })

  expect(row.container_definitions).toEqual([{ name: 'web', image: 'nginx', init_process_enabled: true }])
})

test('a service says whether its tasks are spread over zones again, and by null nothing of it', async () => {
  const mapper = mapperOf('service')
  ecs.on(CreateServiceCommand).resolves({ service: { serviceArn: 'arn-2' } })
  const create = (availability_zone_rebalancing: string | null) =>
    mapper.create(
      rowOf('service', {
        name: 'web',
        desired_count: 1,
        subnets: [],
        load_balancers: [],
        availability_zone_rebalancing,
      }),
      'token',
      api(mapper),
    )

  await create('DISABLED')
  await create(null)

  const said = ecs
    .commandCalls(CreateServiceCommand)
    .map(({ args }) => args[0].input.availabilityZoneRebalancing)
  expect(said).toEqual(['DISABLED', undefined])
  expect(mapper.toRow({ serviceName: 'web', availabilityZoneRebalancing: 'DISABLED' })).toMatchObject({
    availability_zone_rebalancing: 'DISABLED',
  })
})
