/** Arguments of Secrets Manager that no row of these tables says. */
import type { LeftOut } from '../kit/index.ts'

export const leftOut: readonly LeftOut[] = [
  {
    of: ['CreateSecret', 'UpdateSecret'],
    arguments: ['SecretBinary'],
    because: 'A value is text; bytes are written as text, such as base64.',
  },
  {
    of: ['CreateSecret', 'ReplicateSecretToRegions'],
    arguments: ['AddReplicaRegions.KmsKeyId'],
    because: 'Copies are encrypted by the key that AWS has for this service in their region.',
  },
  {
    of: ['CreateSecret', 'ReplicateSecretToRegions'],
    arguments: ['ForceOverwriteReplicaSecret'],
    because: 'A secret of the same name in another region is never written over.',
  },
  {
    of: ['CreateSecret', 'UpdateSecret'],
    arguments: ['Type'],
    because: 'Secrets that a partner of AWS manages are made with the partner.',
  },
  {
    of: ['RotateSecret'],
    arguments: ['ExternalSecretRotationMetadata', 'ExternalSecretRotationRoleArn'],
    because: 'Secrets that a partner of AWS manages are made with the partner.',
  },
]
