/** Containers between the lines of a row and the shape that ECS has for them. */
import type {
  ContainerDefinition,
  HealthCheck,
  KernelCapabilities,
  KeyValuePair,
  LinuxParameters,
  LogConfiguration,
  PortMapping,
  Secret,
} from '@aws-sdk/client-ecs'
import { type Json, type JsonObject, lineFrom } from '../kit/index.ts'
import { type Container, containerDefinition } from './container-definition.ts'

/** Texts of ours are in the service's own shape; what is wrong with one, the service says. */
const shaped = <Shape>(value: Json | undefined): Shape | undefined => value as Shape | undefined

const pairs = (value: Json | undefined) => Object.entries((value ?? {}) as JsonObject)

function portsOf({ container_port, protocol, port_mappings }: Container): PortMapping[] | undefined {
  if (container_port === undefined) return shaped(port_mappings)
  return [{ containerPort: container_port, protocol: protocol ?? 'tcp' }]
}

function logOf(container: Container, region: string): LogConfiguration | undefined {
  const { log_group_id, log_driver, log_options, log_secret_options, log_stream_prefix = 'ecs' } = container
  const more = Object.fromEntries(pairs(log_options).map(([name, text]) => [name, String(text)]))
  const secretOptions = listed(log_secret_options, (name, valueFrom) => ({ name, valueFrom }))
  if (log_group_id === undefined) return log_driver && { logDriver: log_driver, options: more, secretOptions }
  return {
    logDriver: 'awslogs',
    options: {
      ...more,
      'awslogs-group': log_group_id,
      'awslogs-region': region,
      'awslogs-stream-prefix': log_stream_prefix,
    },
  }
}

function healthOf(container: Container): HealthCheck | undefined {
  if (container.health_check_command === undefined) return undefined
  return {
    command: shaped<string[]>(container.health_check_command),
    interval: container.health_check_interval ?? 30,
    timeout: container.health_check_timeout ?? 5,
    retries: container.health_check_retries ?? 3,
    startPeriod: container.health_check_start_period,
  }
}

/** A list of what a document says by name; none where it says nothing. */
const listed = <Item>(
  value: Json | undefined,
  itemOf: (name: string, text: string) => Item,
): Item[] | undefined =>
  value === undefined ? undefined : pairs(value).map(([name, text]) => itemOf(name, String(text)))

function linuxOf({
  init_process_enabled,
  linux_capabilities,
  tmpfs,
}: Container): LinuxParameters | undefined {
  if (!init_process_enabled && linux_capabilities === undefined && tmpfs === undefined) return undefined
  return {
    initProcessEnabled: init_process_enabled ? true : undefined,
    capabilities: shaped(linux_capabilities),
    tmpfs: shaped(tmpfs),
  }
}

export const toShape = (container: Container, region: string): ContainerDefinition => ({
  name: container.name,
  image: container.image,
  essential: container.essential ?? true,
  cpu: container.cpu,
  memory: container.memory,
  memoryReservation: container.memory_reservation,
  portMappings: portsOf(container),
  environment: listed(container.env_variables, (name, value) => ({ name, value })),
  environmentFiles: container.environment_files?.map((value) => ({ value, type: 's3' })),
  secrets: listed(container.secrets, (name, valueFrom) => ({ name, valueFrom })),
  entryPoint: shaped(container.entry_point),
  command: shaped(container.command),
  workingDirectory: container.working_directory,
  user: container.user_name,
  logConfiguration: logOf(container, region),
  healthCheck: healthOf(container),
  dependsOn: listed(container.depends_on, (containerName, condition) => ({
    containerName,
    condition: condition as 'START' | 'COMPLETE' | 'SUCCESS' | 'HEALTHY',
  })),
  mountPoints: shaped(container.mount_points),
  volumesFrom: shaped(container.volumes_from),
  readonlyRootFilesystem: container.readonly_root_filesystem,
  linuxParameters: linuxOf(container),
  interactive: container.interactive ? true : undefined,
  pseudoTerminal: container.pseudo_terminal ? true : undefined,
  restartPolicy: shaped(container.restart_policy),
  versionConsistency: container.version_consistency === 'disabled' ? 'disabled' : undefined,
  credentialSpecs: container.credential_specs && [...container.credential_specs],
  startTimeout: container.start_timeout,
  stopTimeout: container.stop_timeout,
  dockerLabels: shaped(container.docker_labels),
  ulimits: shaped(container.ulimits),
  systemControls: shaped(container.system_controls),
  repositoryCredentials: container.repository_credentials
    ? { credentialsParameter: container.repository_credentials }
    : undefined,
  firelensConfiguration: shaped(container.firelens_configuration),
})

/** The service fills in the port of the host and the protocol. */
const mappingFrom = ({ hostPort, protocol, ...mapping }: PortMapping): JsonObject =>
  ({
    ...mapping,
    ...(hostPort && hostPort !== mapping.containerPort ? { hostPort } : {}),
    ...(protocol && protocol !== 'tcp' ? { protocol } : {}),
  }) as unknown as JsonObject

function portsFrom(mappings: readonly PortMapping[] | undefined): Partial<Container> {
  const [only, ...others] = mappings ?? []
  if (!only) return {}
  const { containerPort, hostPort = containerPort, protocol, ...named } = only
  const isPlain = others.length === 0 && Object.keys(named).length === 0 && hostPort === containerPort
  if (isPlain && containerPort) return { container_port: containerPort, protocol: protocol ?? 'tcp' }
  return { port_mappings: (mappings ?? []).map(mappingFrom) }
}

function logFrom(log: LogConfiguration | undefined): Partial<Container> {
  const {
    'awslogs-group': group,
    'awslogs-region': _,
    'awslogs-stream-prefix': prefix,
    ...more
  } = log?.options ?? {}
  if (log?.logDriver !== 'awslogs' || !group)
    return log
      ? {
          log_driver: log.logDriver as Container['log_driver'] & string,
          log_options: log.options ?? {},
          log_secret_options: secretsFrom(log.secretOptions),
        }
      : {}
  return { log_group_id: group, log_options: more, ...(prefix ? { log_stream_prefix: prefix } : {}) }
}

const valuesFrom = (list: readonly KeyValuePair[] | undefined): JsonObject =>
  Object.fromEntries((list ?? []).map(({ name = '', value = '' }) => [name, value]))

/** ECS tells of both lists, also where one is empty. */
const capabilitiesFrom = (capabilities: KernelCapabilities = {}): Json =>
  asJson(Object.fromEntries(Object.entries(capabilities).filter(([, list]) => list.length > 0)))

const secretsFrom = (list: readonly Secret[] | undefined): JsonObject =>
  Object.fromEntries((list ?? []).map(({ name = '', valueFrom = '' }) => [name, valueFrom]))

const asJson = (value: unknown): Json => (value ?? null) as Json

export const fromShape = (shape: ContainerDefinition): Container =>
  lineFrom(containerDefinition, {
    name: shape.name,
    image: shape.image,
    essential: shape.essential,
    cpu: shape.cpu || null,
    memory: shape.memory,
    memory_reservation: shape.memoryReservation,
    ...portsFrom(shape.portMappings),
    env_variables: valuesFrom(shape.environment),
    environment_files: shape.environmentFiles?.map(({ value = '' }) => value),
    secrets: secretsFrom(shape.secrets),
    entry_point: asJson(shape.entryPoint),
    command: asJson(shape.command),
    working_directory: shape.workingDirectory,
    user_name: shape.user,
    ...logFrom(shape.logConfiguration),
    health_check_command: asJson(shape.healthCheck?.command),
    health_check_interval: shape.healthCheck?.interval,
    health_check_timeout: shape.healthCheck?.timeout,
    health_check_retries: shape.healthCheck?.retries,
    health_check_start_period: shape.healthCheck?.startPeriod || null,
    depends_on: Object.fromEntries(
      (shape.dependsOn ?? []).map(({ containerName = '', condition = 'START' }) => [
        containerName,
        condition,
      ]),
    ),
    mount_points: asJson(shape.mountPoints),
    volumes_from: asJson(shape.volumesFrom),
    readonly_root_filesystem: shape.readonlyRootFilesystem,
    init_process_enabled: shape.linuxParameters?.initProcessEnabled,
    linux_capabilities: capabilitiesFrom(shape.linuxParameters?.capabilities),
    tmpfs: asJson(shape.linuxParameters?.tmpfs),
    interactive: shape.interactive,
    pseudo_terminal: shape.pseudoTerminal,
    restart_policy: asJson(shape.restartPolicy),
    version_consistency: shape.versionConsistency,
    credential_specs: shape.credentialSpecs,
    start_timeout: shape.startTimeout,
    stop_timeout: shape.stopTimeout,
    docker_labels: asJson(shape.dockerLabels),
    ulimits: asJson(shape.ulimits),
    system_controls: asJson(shape.systemControls),
    repository_credentials: shape.repositoryCredentials?.credentialsParameter,
    firelens_configuration: asJson(shape.firelensConfiguration),
  })
