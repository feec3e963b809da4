/** Columns of a task definition, which the table and its calls go by. */
import {
  arn,
  boolean,
  choice,
  integer,
  jsonDocument,
  listOf,
  type RowOf,
  reference,
  tags,
  text,
} from '../kit/index.ts'
import { containerDefinition } from './container-definition.ts'
import { sizeNames } from './cpu-memory.ts'

/** AWS changes nothing of a revision. */
const anew = { replaces: 'after' } as const

export const columns = {
  family: text('Name that its revisions share.', {
    ...anew,
    required: true,
    check: "{} ~ '^[A-Za-z0-9_-]{1,255}$'",
  }),
  cpu_memory: choice(sizeNames, 'Processors and memory of a task.', anew),
  container_definitions: listOf(containerDefinition, anew),
  task_role_name: reference(
    'aws_iam.iam_role',
    'Role that its containers act as; of the path /, or that of the revision before.',
    {
      ...anew,
      by: 'role_name',
      clearable: true,
    },
  ),
  execution_role_name: reference(
    'aws_iam.iam_role',
    'Role by which images are pulled, logs written and secrets read; of the path /, or that of the revision before.',
    { ...anew, by: 'role_name', clearable: true },
  ),
  network_mode: choice(
    ['awsvpc', 'bridge', 'host', 'none'],
    'How its containers reach the network; Fargate: awsvpc.',
    {
      ...anew,
      default: 'awsvpc',
    },
  ),
  cpu_architecture: choice(['X86_64', 'ARM64'], 'Processors it is for; null: X86_64.', {
    ...anew,
    clearable: true,
  }),
  operating_system_family: choice(
    [
      'LINUX',
      'WINDOWS_SERVER_2019_CORE',
      'WINDOWS_SERVER_2019_FULL',
      'WINDOWS_SERVER_2022_CORE',
      'WINDOWS_SERVER_2022_FULL',
    ],
    'System it is for; null: LINUX.',
    { ...anew, clearable: true },
  ),
  ephemeral_storage: integer('GiB of disk; null: 20.', { ...anew, min: 21, max: 200, clearable: true }),
  volumes: jsonDocument(
    'Volumes for mount_points, as ECS has them: [{"name": "data", "efsVolumeConfiguration": {"fileSystemId": "fs-…"}}].',
    { ...anew, default: [] },
  ),
  pid_mode: choice(['task', 'host'], 'Whether containers see the processes of each other.', {
    ...anew,
    clearable: true,
  }),
  proxy_configuration: jsonDocument(
    'Container through which all traffic goes, as ECS has it: {"type": "APPMESH", "containerName": "envoy", "properties": […]}.',
    { ...anew, clearable: true },
  ),
  enable_fault_injection: boolean('Faults may be injected into its tasks, as tests of them.', {
    ...anew,
    default: false,
  }),
  task_definition_arn: arn('ARN of the revision, made by AWS.', { output: true }),
  revision: integer('Number of the revision, counted by AWS.', { output: true }),
  status: text('ACTIVE as long as it may be used for new tasks.', { output: true }),
  tags: tags(),
}

export type Row = RowOf<typeof columns>
