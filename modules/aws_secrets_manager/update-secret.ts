/** A secret becomes what its row says: each of its parts has calls of its own. */
import {
  CancelRotateSecretCommand,
  DeleteResourcePolicyCommand,
  PutResourcePolicyCommand,
  RemoveRegionsFromReplicationCommand,
  ReplicateSecretToRegionsCommand,
  RotateSecretCommand,
  type RotationRulesType,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretCommand,
} from '@aws-sdk/client-secrets-manager'
import {
  type CloudApi,
  type ColumnDelta,
  type Resolved,
  tagChanges,
  tagList,
  tagsFrom,
} from '../kit/index.ts'
import type { Row, SeenSecret } from './secret-columns.ts'

/** What AWS uses where no other key is named. */
const ownKey = 'alias/aws/secretsmanager'

interface Update {
  readonly seen: SeenSecret
  readonly want: Resolved<Row>
  readonly delta: ColumnDelta<Row>
  readonly token: string
  readonly replicas: readonly string[]
}

export async function updateSecret(api: CloudApi, update: Update): Promise<void> {
  const { delta } = update
  if (delta.description || delta.kms_key_id || delta.value) await updateItself(api, update)
  if (delta.policy) await updatePolicy(api, update)
  if (delta.replica_regions) await updateReplicas(api, update)
  if (delta.rotation_lambda_arn || delta.rotation_rules) await updateRotation(api, update)
  if (delta.tags) await updateTags(api, update)
}

async function updateItself(api: CloudApi, { seen, want, delta, token }: Update): Promise<void> {
  await api.send(UpdateSecretCommand, {
    SecretId: seen.ARN,
    ...(delta.description ? { Description: want.description ?? '' } : {}),
    ...(delta.kms_key_id ? { KmsKeyId: want.kms_key_id ?? ownKey } : {}),
    // The same token again makes no second version of the same value.
    ...(delta.value && want.value ? { SecretString: want.value, ClientRequestToken: token } : {}),
  })
}

async function updatePolicy(api: CloudApi, { seen, want }: Update): Promise<void> {
  const SecretId = seen.ARN
  if (want.policy === null) {
    await api.send(DeleteResourcePolicyCommand, { SecretId })
    return
  }
  await api.send(PutResourcePolicyCommand, {
    SecretId,
    ResourcePolicy: JSON.stringify(want.policy),
    ...(want.block_public_policy ? { BlockPublicPolicy: true } : {}),
  })
}

async function updateReplicas(api: CloudApi, { seen, want, replicas }: Update): Promise<void> {
  const SecretId = seen.ARN
  const wanted = want.replica_regions ?? []
  const added = wanted.filter((region) => !replicas.includes(region))
  const removed = replicas.filter((region) => !wanted.includes(region))
  if (removed.length > 0)
    await api.send(RemoveRegionsFromReplicationCommand, { SecretId, RemoveReplicaRegions: removed })
  if (added.length > 0)
    await api.send(ReplicateSecretToRegionsCommand, {
      SecretId,
      AddReplicaRegions: added.map((Region) => ({ Region })),
    })
}

/** Tokens name versions: by that of the value AWS would take the rotation for the same, and make none. */
const rotationToken = (token: string): string => [...token].reverse().join('')

async function updateRotation(api: CloudApi, { seen, want, token }: Update): Promise<void> {
  const SecretId = seen.ARN
  if (want.rotation_lambda_arn === null) {
    await api.send(CancelRotateSecretCommand, { SecretId })
    return
  }
  await api.send(RotateSecretCommand, {
    SecretId,
    RotationLambdaARN: want.rotation_lambda_arn,
    ClientRequestToken: rotationToken(token),
    ...(want.rotation_rules === null ? {} : { RotationRules: want.rotation_rules as RotationRulesType }),
    ...(want.rotate_immediately === false ? { RotateImmediately: false } : {}),
  })
}

async function updateTags(api: CloudApi, { seen, want }: Update): Promise<void> {
  const { put, remove } = tagChanges(tagsFrom(seen.Tags), want.tags)
  const SecretId = seen.ARN
  if (Object.keys(put).length > 0) await api.send(TagResourceCommand, { SecretId, Tags: tagList(put) })
  if (remove.length > 0) await api.send(UntagResourceCommand, { SecretId, TagKeys: [...remove] })
}
