/** A secret is made, or brought back where one of its name waits for its end. */
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  RestoreSecretCommand,
  UpdateSecretCommand,
} from '@aws-sdk/client-secrets-manager'
import {
  type CloudApi,
  done,
  IasqlError,
  type Outcome,
  type Resolved,
  tagList,
  unlessAbsent,
  waiting,
} from '../kit/index.ts'
import type { Row } from './secret-columns.ts'

export async function createSecret(want: Resolved<Row>, token: string, api: CloudApi): Promise<Outcome> {
  const id = { name: want.name }
  try {
    await makeSecret(want, token, api)
  } catch (error) {
    if (!(await isAboutToGo(want.name, error, api))) throw error
    await restoreSecret(want, token, api)
    return waiting(id, 'what else is different of the restored secret', 'again')
  }
  const isWhole = want.policy === null && want.rotation_lambda_arn === null
  return isWhole ? done(id) : waiting(id, 'its policy and rotation', 'again')
}

const makeSecret = (want: Resolved<Row>, token: string, api: CloudApi) =>
  api.send(CreateSecretCommand, {
    Name: want.name,
    Tags: tagList(want.tags ?? {}),
    ...(want.description === null ? {} : { Description: want.description }),
    ...(want.kms_key_id === null ? {} : { KmsKeyId: want.kms_key_id }),
    ...valueSent(want, token),
    ...(want.replica_regions === null
      ? {}
      : { AddReplicaRegions: want.replica_regions.map((Region) => ({ Region })) }),
  })

const valueSent = ({ value }: Resolved<Row>, token: string) =>
  value ? { SecretString: value, ClientRequestToken: token } : {}

/** Refusals of a name that is taken, also by what waits for its end; AWS has the first for much else. */
const ofTaken: ReadonlySet<string | undefined> = new Set([
  'InvalidRequestException',
  'ResourceExistsException',
])

async function isAboutToGo(name: string, error: unknown, api: CloudApi): Promise<boolean> {
  if (!(error instanceof IasqlError) || !ofTaken.has(error.refusal?.error)) return false
  const held = await unlessAbsent(api.send(DescribeSecretCommand, { SecretId: name }))
  return held?.DeletedDate !== undefined
}

/** Without a value in the row it has the one that it had. Only this call is given the value: the rest comes after. */
async function restoreSecret(want: Resolved<Row>, token: string, api: CloudApi): Promise<void> {
  await api.send(RestoreSecretCommand, { SecretId: want.name })
  if (!want.value) return
  await api.send(UpdateSecretCommand, {
    SecretId: want.name,
    // The key it had may be gone.
    ...(want.kms_key_id === null ? {} : { KmsKeyId: want.kms_key_id }),
    ...valueSent(want, token),
  })
}
