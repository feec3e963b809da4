/** Containers of a task: a line each, shown and edited as the table container_definition. */
import {
  boolean,
  choice,
  defineLines,
  integer,
  jsonDocument,
  type LineOf,
  reference,
  seconds,
  set,
  text,
} from '../kit/index.ts'

export const containerDefinition = defineLines({
  name: 'container_definition',
  description:
    'A container of a task definition; a change of any makes the next revision of its task definition.',
  parent: 'task_definition',
  via: 'task_definition_id',
  list: 'container_definitions',
  key: ['name'],
  columns: {
    name: text('Name of the container, one of its task.', {
      required: true,
      check: "{} ~ '^[A-Za-z0-9_-]{1,255}$'",
    }),
    image: text('Image with its tag or digest: nginx:1.29, or 1234….dkr.ecr.….amazonaws.com/shop@sha256:….', {
      required: true,
    }),
    essential: boolean('When it ends, the task does.', { default: true }),
    cpu: integer('Units of CPU out of those of the task; 1024 are one processor.', { min: 1 }),
    memory: integer('MiB that it may never exceed.', { min: 4 }),
    memory_reservation: integer('MiB that are kept for it.', { min: 4 }),
    container_port: integer('Port that it listens on.', { min: 1, max: 65_535 }),
    protocol: choice(['tcp', 'udp'], 'What the port is of.', { default: 'tcp' }),
    port_mappings: jsonDocument(
      'Instead of container_port, several ports or named ones: [{"containerPort": 80, "name": "web", "appProtocol": "http"}].',
    ),
    env_variables: jsonDocument('Environment: {"STAGE": "trial"}.'),
    environment_files: set('ARNs of files in S3 with more of the environment.'),
    secrets: jsonDocument(
      'Environment out of Secrets Manager or Parameter Store: {"PASSWORD": "arn:aws:…"}.',
    ),
    entry_point: jsonDocument('Words of the entry point, instead of that of the image: ["sh", "-c"].'),
    command: jsonDocument('Words of the command, instead of those of the image: ["serve"].'),
    working_directory: text('Directory that commands run in.'),
    user_name: text('User that it runs as.'),
    log_group_id: reference('aws_cloudwatch.log_group', 'Log group that gets what it prints.', {
      by: 'log_group_name',
    }),
    log_stream_prefix: text('Begins the names of its log streams.', { default: 'ecs' }),
    log_driver: choice(
      ['awslogs', 'splunk', 'awsfirelens'],
      'Where else its logs go, instead of log_group_id.',
    ),
    log_options: jsonDocument('More options of the log driver: {"mode": "non-blocking"}.'),
    log_secret_options: jsonDocument(
      'Options out of Secrets Manager or Parameter Store, of log_driver: {"splunk-token": "arn:aws:…"}.',
    ),
    health_check_command: jsonDocument('Words of the check: ["CMD-SHELL", "curl -f http://localhost/"].'),
    health_check_interval: seconds('Between two checks.', { default: 30, min: 5, max: 300 }),
    health_check_timeout: seconds('After which a check has failed.', { default: 5, min: 2, max: 120 }),
    health_check_retries: integer('Failed checks after which it is unhealthy.', {
      default: 3,
      min: 1,
      max: 10,
    }),
    health_check_start_period: seconds('At first, in which failed checks do not count.', {
      min: 1,
      max: 300,
    }),
    depends_on: jsonDocument('Containers that come first, and how far they must be: {"proxy": "HEALTHY"}.'),
    mount_points: jsonDocument('Volumes of the task: [{"sourceVolume": "data", "containerPath": "/data"}].'),
    volumes_from: jsonDocument('Volumes of another container: [{"sourceContainer": "proxy"}].'),
    readonly_root_filesystem: boolean('Its own files cannot be changed.', { default: false }),
    init_process_enabled: boolean('An init process handles signals and ended processes.', { default: false }),
    linux_capabilities: jsonDocument('Capabilities that it has more or fewer: {"add": ["SYS_PTRACE"]}.'),
    tmpfs: jsonDocument('Directories in memory: [{"containerPath": "/tmp", "size": 64}].'),
    interactive: boolean('Standard input is kept open.', { default: false }),
    pseudo_terminal: boolean('It gets a terminal.', { default: false }),
    restart_policy: jsonDocument(
      'Whether it is started again without its task: {"enabled": true, "restartAttemptPeriod": 60}.',
    ),
    version_consistency: choice(
      ['enabled', 'disabled'],
      'Whether the tag of its image is resolved once for all tasks of a deployment.',
      { default: 'enabled' },
    ),
    credential_specs: set('ARNs of files by which it joins an Active Directory.'),
    start_timeout: seconds('For which others wait for it.', { min: 1, max: 120 }),
    stop_timeout: seconds('For which it may go on when it is to end.', { min: 1, max: 120 }),
    docker_labels: jsonDocument('Labels: {"team": "shop"}.'),
    ulimits: jsonDocument('Limits: [{"name": "nofile", "softLimit": 65536, "hardLimit": 65536}].'),
    system_controls: jsonDocument('Kernel settings: [{"namespace": "net.core.somaxconn", "value": "1024"}].'),
    repository_credentials: text('ARN of the secret that opens a private registry.'),
    firelens_configuration: jsonDocument('That of a log router: {"type": "fluentbit"}.'),
  },
})

export type Container = LineOf<typeof containerDefinition>
