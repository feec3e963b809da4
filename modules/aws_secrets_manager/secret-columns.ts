/** What a secret of Secrets Manager has, in its row and as AWS tells of it. */
import type { DescribeSecretCommandOutput } from '@aws-sdk/client-secrets-manager'
import {
  arn,
  boolean,
  integer,
  type Json,
  jsonDocument,
  policyDocument,
  type RowOf,
  secret as secretText,
  set,
  tags,
  text,
  timestamp,
} from '../kit/index.ts'

export const columns = {
  name: text('Name of the secret; may have slashes.', {
    required: true,
    replaces: 'after',
    check: "{} ~ '^[A-Za-z0-9/_+=.@-]+$' AND length({}) <= 512",
  }),
  description: text('What it is for.', { clearable: true, check: 'length({}) <= 2048' }),
  value: secretText('The secret itself: any text, often JSON of several values.', {
    check: 'octet_length({}) > 0',
  }),
  kms_key_id: text('Key of KMS that encrypts it: id, ARN or alias; null: that of AWS for this service.', {
    clearable: true,
  }),
  policy: policyDocument('Who may read and manage it beside those whom IAM lets.', {
    clearable: true,
    ownCall: ['create', 'update'],
  }),
  block_public_policy: boolean('Whether AWS refuses a policy that lets everybody in; null: no.', {
    unread: true,
  }),
  replica_regions: set('Regions that have a copy, which follows every change.', {
    clearable: true,
    ownCall: ['update', 'clear', 'delete'],
  }),
  rotation_lambda_arn: arn('Function that makes new values; null: nothing does.', {
    clearable: true,
    ownCall: ['create', 'update'],
  }),
  rotation_rules: jsonDocument(
    'When: {"AutomaticallyAfterDays": 30}, or "ScheduleExpression" and "Duration".',
    { with: 'rotation_lambda_arn' },
  ),
  rotate_immediately: boolean('Whether a change of the rotation makes a new value at once; null: yes.', {
    unread: true,
  }),
  recovery_window_in_days: integer(
    'Days for which a deleted secret can be restored; 0: it is gone at once; null: 30.',
    { unread: true, check: '({} = 0 OR {} BETWEEN 7 AND 30)' },
  ),
  version_id: text('Version that is current; another one means that somebody has changed the value.', {
    output: true,
  }),
  arn: arn('ARN of the secret.', { output: true }),
  rotation_enabled: boolean('Whether it is rotated.', { output: true }),
  created_at: timestamp('When it was made.', { output: true }),
  tags: tags(),
}

export type Row = RowOf<typeof columns>

type Described = DescribeSecretCommandOutput
type Listed =
  | 'ARN'
  | 'Name'
  | 'Description'
  | 'KmsKeyId'
  | 'Tags'
  | 'CreatedDate'
  | 'PrimaryRegion'
  | 'OwningService'
type Rotation = 'RotationEnabled' | 'RotationLambdaARN' | 'RotationRules'
/** Absent in a list, as is the policy. */
type Hydrated = 'ReplicationStatus' | 'VersionIdsToStages'

export interface SeenSecret extends Pick<Described, Listed | Rotation | Hydrated> {
  readonly policy?: Json
}
