/** Secrets of Secrets Manager: one row, one secret; its value is written and never shown. */
import {
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetResourcePolicyCommand,
  ListSecretsCommand,
  RemoveRegionsFromReplicationCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import {
  type CloudApi,
  defineMapper,
  defineTable,
  done,
  type Json,
  jsonIn,
  tagsFrom,
  unlessAbsent,
} from '../kit/index.ts'
import { createSecret } from './create-secret.ts'
import { columns, type Row, type SeenSecret } from './secret-columns.ts'
import { updateSecret } from './update-secret.ts'

/** One that waits for its end is gone, until a create of its name brings it back. */
async function readSecret(SecretId: string, api: CloudApi): Promise<SeenSecret | undefined> {
  const seen = await unlessAbsent(api.send(DescribeSecretCommand, { SecretId }))
  if (!seen || seen.DeletedDate) return undefined
  const held = await unlessAbsent(api.send(GetResourcePolicyCommand, { SecretId }))
  return held && { ...seen, policy: jsonIn(held.ResourcePolicy) }
}

const replicasOf = ({ ReplicationStatus: all = [] }: SeenSecret): readonly string[] =>
  all.flatMap(({ Region }) => (Region ? [Region] : []))

function toRow(seen: SeenSecret) {
  const { RotationEnabled: isRotated = false, RotationRules: rules } = seen
  const replicas = replicasOf(seen)
  const [version] = Object.entries(seen.VersionIdsToStages ?? {}).filter(([, stages]) =>
    stages.includes('AWSCURRENT'),
  )
  return {
    name: seen.Name ?? '',
    description: seen.Description || null,
    kms_key_id: seen.KmsKeyId ?? null,
    policy: seen.policy ?? null,
    replica_regions: replicas.length > 0 ? replicas : null,
    rotation_lambda_arn: isRotated ? (seen.RotationLambdaARN ?? null) : null,
    rotation_rules: isRotated && rules ? ({ ...rules } as Json) : null,
    version_id: version?.[0] ?? null,
    arn: seen.ARN ?? null,
    rotation_enabled: isRotated,
    created_at: seen.CreatedDate?.toISOString() ?? null,
    tags: tagsFrom(seen.Tags),
  }
}

export const secret = defineTable({
  name: 'secret',
  description: 'A secret of AWS Secrets Manager.',
  naturalKey: ['name'],
  named: true,
  hydrates: ['policy', 'replica_regions', 'version_id'],
  columns,
  mapper: defineMapper<Row, SeenSecret>()({
    client: SecretsManagerClient,
    operations: [
      'ListSecrets',
      'DescribeSecret',
      'GetResourcePolicy',
      'CreateSecret',
      'RestoreSecret',
      'UpdateSecret',
      'PutResourcePolicy',
      'DeleteResourcePolicy',
      'ReplicateSecretToRegions',
      'RemoveRegionsFromReplication',
      'RotateSecret',
      'CancelRotateSecret',
      'TagResource',
      'UntagResource',
      'DeleteSecret',
    ],
    idOf: ({ Name: name = '' }) => ({ name }),
    list: (_, api) => api.pages(ListSecretsCommand, { MaxResults: 100 }, (page) => page.SecretList),
    get: (ids, api) => api.each(ids, ({ name = '' }) => readSecret(name, api)),
    findByName: ({ name }, api) => readSecret(name, api),
    // A copy is changed where it is copied from, and what RDS and its like made is theirs.
    isExternal: ({ PrimaryRegion, OwningService }, { region }) =>
      Boolean(OwningService) || (PrimaryRegion !== undefined && PrimaryRegion !== region),
    settled: ({ ReplicationStatus: replicas = [] }) => {
      const failed = replicas.find(({ Status }) => Status === 'Failed')
      if (failed) return { failed: `the copy in ${failed.Region}: ${failed.StatusMessage}` }
      return replicas.every(({ Status }) => Status !== 'InProgress')
    },
    create: createSecret,
    async update(seen, want, delta, token, api) {
      await updateSecret(api, { seen, want, delta, token, replicas: replicasOf(seen) })
      return done({ name: want.name })
    },
    async delete(seen, last, api) {
      const SecretId = seen.Name ?? ''
      const RemoveReplicaRegions = [...replicasOf(seen)]
      if (RemoveReplicaRegions.length > 0) {
        await api.send(RemoveRegionsFromReplicationCommand, { SecretId, RemoveReplicaRegions })
      }
      const days = last.recovery_window_in_days ?? 30
      await api.send(DeleteSecretCommand, {
        SecretId,
        ...(days === 0 ? { ForceDeleteWithoutRecovery: true } : { RecoveryWindowInDays: days }),
      })
      return done({ name: SecretId })
    },
    toRow,
  }),
})
