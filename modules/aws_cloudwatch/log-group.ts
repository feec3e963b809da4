/** Log groups of CloudWatch Logs: one row, one group of log streams. */
import {
  AssociateKmsKeyCommand,
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  DeleteLogGroupCommand,
  DeleteRetentionPolicyCommand,
  DescribeLogGroupsCommand,
  DisassociateKmsKeyCommand,
  ListTagsForResourceCommand,
  type LogGroup,
  PutLogGroupDeletionProtectionCommand,
  PutRetentionPolicyCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-cloudwatch-logs'
import {
  arn,
  boolean,
  type CloudApi,
  type ColumnDelta,
  choice,
  defineMapper,
  defineTable,
  done,
  integer,
  type Resolved,
  type RowOf,
  type TagMap,
  tagChanges,
  tags,
  text,
  timestamp,
  unlessAbsent,
  visibleTags,
  waiting,
} from '../kit/index.ts'

/** Periods that CloudWatch Logs takes; it refuses any other. */
const retentionDays = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
]

const columns = {
  log_group_name: text('Name of the group, often a path: /ecs/shop.', {
    required: true,
    replaces: 'after',
    check: "{} ~ '^[A-Za-z0-9._/#-]+$' AND length({}) <= 512",
  }),
  log_group_class: choice(
    ['STANDARD', 'INFREQUENT_ACCESS', 'DELIVERY', 'ESSENTIALS'],
    'What can be done with its logs, and what they cost.',
    { default: 'STANDARD', replaces: 'before' },
  ),
  retention_in_days: integer('Days for which logs are kept; null: for ever.', {
    clearable: true,
    check: `{} IN (${retentionDays.join(', ')})`,
    ownCall: ['create', 'update'],
  }),
  kms_key_id: arn('ARN of the key of KMS that encrypts its logs; null: a key of the service.', {
    clearable: true,
    ownCall: ['update'],
  }),
  deletion_protection_enabled: boolean('Whether AWS refuses to delete it.', {
    default: false,
    ownCall: ['update'],
  }),
  log_group_arn: arn('ARN of the group, without the `:*` that policies want after it.', { output: true }),
  creation_time: timestamp('When it was made.', { output: true }),
  tags: tags(),
}

type Row = RowOf<typeof columns>

interface SeenGroup {
  readonly group: LogGroup
  /** Absent in a list. */
  readonly tags?: TagMap
}

const arnOfGroup = ({ logGroupArn, arn = '' }: LogGroup): string => logGroupArn ?? arn.replace(/:\*$/, '')

/** Names are listed in order, so the first that begins with this one is this one, if it is there. */
async function findGroup(name: string, logs: CloudApi): Promise<LogGroup | undefined> {
  const input = { logGroupNamePrefix: name, limit: 1 }
  for await (const group of logs.pages(DescribeLogGroupsCommand, input, (page) => page.logGroups))
    return group.logGroupName === name ? group : undefined
  return undefined
}

async function withTags(group: LogGroup, logs: CloudApi): Promise<SeenGroup | undefined> {
  const resourceArn = arnOfGroup(group)
  const listed = await unlessAbsent(logs.send(ListTagsForResourceCommand, { resourceArn }))
  return listed && { group, tags: listed.tags ?? {} }
}

async function readGroup(name: string, logs: CloudApi): Promise<SeenGroup | undefined> {
  const group = await findGroup(name, logs)
  return group && (await withTags(group, logs))
}

// Fifty is the most that a page may have.
const listGroups = (logs: CloudApi): AsyncIterable<LogGroup> =>
  logs.pages(DescribeLogGroupsCommand, { limit: 50 }, (page) => page.logGroups)

/** From so many on, pages of all are fewer calls than a look for each. */
const many = 10

async function readGroups(names: readonly string[], logs: CloudApi): Promise<readonly SeenGroup[]> {
  if (names.length < many) return await logs.each(names, (name) => readGroup(name, logs))
  const missing = new Set(names)
  const found: LogGroup[] = []
  for await (const group of listGroups(logs)) {
    if (missing.delete(group.logGroupName ?? '')) found.push(group)
    if (missing.size === 0) break
  }
  return await logs.each(found, (group) => withTags(group, logs))
}

async function updateGroup(
  { group, tags: seenTags = {} }: SeenGroup,
  want: Resolved<Row>,
  delta: ColumnDelta<Row>,
  logs: CloudApi,
): Promise<void> {
  const logGroupName = group.logGroupName ?? ''
  if (delta.kms_key_id)
    await (want.kms_key_id === null
      ? logs.send(DisassociateKmsKeyCommand, { logGroupName })
      : logs.send(AssociateKmsKeyCommand, { logGroupName, kmsKeyId: want.kms_key_id }))
  if (delta.retention_in_days)
    await (want.retention_in_days === null
      ? logs.send(DeleteRetentionPolicyCommand, { logGroupName })
      : logs.send(PutRetentionPolicyCommand, { logGroupName, retentionInDays: want.retention_in_days }))
  if (delta.deletion_protection_enabled)
    await logs.send(PutLogGroupDeletionProtectionCommand, {
      logGroupIdentifier: logGroupName,
      deletionProtectionEnabled: want.deletion_protection_enabled,
    })
  if (!delta.tags) return
  const { put, remove } = tagChanges(seenTags, want.tags)
  const resourceArn = arnOfGroup(group)
  if (Object.keys(put).length > 0) await logs.send(TagResourceCommand, { resourceArn, tags: put })
  if (remove.length > 0) await logs.send(UntagResourceCommand, { resourceArn, tagKeys: [...remove] })
}

function toRow({ group, tags: all }: SeenGroup): Row {
  const log_group_class = group.logGroupClass ?? 'STANDARD'
  const retention = log_group_class === 'DELIVERY' ? undefined : group.retentionInDays
  return {
    log_group_name: group.logGroupName ?? '',
    log_group_class,
    retention_in_days: retention ?? null,
    kms_key_id: group.kmsKeyId ?? null,
    deletion_protection_enabled: group.deletionProtectionEnabled ?? false,
    log_group_arn: arnOfGroup(group),
    creation_time: group.creationTime === undefined ? null : new Date(group.creationTime).toISOString(),
    tags: visibleTags(all),
  }
}

export const logGroup = defineTable({
  name: 'log_group',
  description: 'A group of log streams of CloudWatch Logs.',
  naturalKey: ['log_group_name'],
  named: true,
  settleMs: 10_000,
  hydrates: ['tags'],
  columns,
  checks: [
    {
      sql: "log_group_class <> 'DELIVERY' OR retention_in_days IS NULL",
      message: 'AWS itself says for how long a group of the class DELIVERY keeps its logs',
    },
  ],
  mapper: defineMapper<Row, SeenGroup>()({
    client: CloudWatchLogsClient,
    operations: [
      'DescribeLogGroups',
      'ListTagsForResource',
      'CreateLogGroup',
      'PutRetentionPolicy',
      'DeleteRetentionPolicy',
      'AssociateKmsKey',
      'DisassociateKmsKey',
      'PutLogGroupDeletionProtection',
      'TagResource',
      'UntagResource',
      'DeleteLogGroup',
    ],
    idOf: ({ group }) => ({ log_group_name: group.logGroupName ?? '' }),
    async *list(_, logs) {
      for await (const group of listGroups(logs)) yield { group }
    },
    get: (ids, logs) =>
      readGroups(
        ids.map(({ log_group_name = '' }) => log_group_name),
        logs,
      ),
    findByName: ({ log_group_name }, logs) => readGroup(log_group_name, logs),
    async create(want, _, logs) {
      await logs.send(CreateLogGroupCommand, {
        logGroupName: want.log_group_name,
        logGroupClass: want.log_group_class,
        ...(want.kms_key_id === null ? {} : { kmsKeyId: want.kms_key_id }),
        ...(want.deletion_protection_enabled ? { deletionProtectionEnabled: true } : {}),
        ...(want.tags === null || Object.keys(want.tags).length === 0 ? {} : { tags: want.tags }),
      })
      const id = { log_group_name: want.log_group_name }
      return want.retention_in_days === null ? done(id) : waiting(id, 'its retention', 'again')
    },
    async update(seen, want, delta, _, logs) {
      await updateGroup(seen, want, delta, logs)
      return done({ log_group_name: want.log_group_name })
    },
    async delete({ group }, _, logs) {
      const log_group_name = group.logGroupName ?? ''
      await logs.send(DeleteLogGroupCommand, { logGroupName: log_group_name })
      return done({ log_group_name })
    },
    toRow,
  }),
})
