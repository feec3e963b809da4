/** What Secrets Manager does beside Lambda and other regions, which the emulator has not. */
import {
  CancelRotateSecretCommand,
  CreateSecretCommand,
  DeleteResourcePolicyCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetResourcePolicyCommand,
  PutResourcePolicyCommand,
  RemoveRegionsFromReplicationCommand,
  ReplicateSecretToRegionsCommand,
  RestoreSecretCommand,
  RotateSecretCommand,
  SecretsManagerClient,
  SecretsManagerServiceException,
  UpdateSecretCommand,
} from '@aws-sdk/client-secrets-manager'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, expect, test } from 'vitest'
import { createCloud } from '#aws/create-cloud.ts'
import { waiting } from '#engine/model/cloud.ts'
import type { Row } from '#engine/model/json.ts'
import { mapperOf } from '#test/support/recorded-mapper.ts'

const secrets = mockClient(SecretsManagerClient)
const cloud = createCloud({ profile: 'aws', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } })
const place = { accountId: '123456789012', region: 'us-east-1' }
const api = cloud.api(SecretsManagerClient, place, AbortSignal.timeout(5_000))

beforeEach(() => {
  secrets.reset()
})

const mapper = mapperOf('secret')

const arn = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:shop-AbCdEf'
const rotator = 'arn:aws:lambda:us-east-1:123456789012:function:rotate'
const seen = { ARN: arn, Name: 'shop' }
const bare = {
  name: 'shop',
  description: null,
  kms_key_id: null,
  policy: null,
  replica_regions: null,
  rotation_lambda_arn: null,
  rotation_rules: null,
  tags: null,
}
const update = (want: Row, from: object = seen) => {
  const delta = Object.fromEntries(Object.entries(want).map(([name, to]) => [name, { from: null, to }]))
  return mapper.update(from, { ...bare, ...want }, delta, 'token', api)
}
const sentBy = (command: typeof RotateSecretCommand): unknown =>
  secrets.commandCalls(command)[0]?.args[0].input

test('a rotated secret is made first, and rotated once it stands', async () => {
  const rules = { ScheduleExpression: 'rate(10 days)', Duration: '3h' }
  const rotation = { rotation_lambda_arn: rotator, rotation_rules: rules, rotate_immediately: false }
  secrets.on(CreateSecretCommand).resolves({ ARN: arn })

  const outcome = await mapper.create({ ...bare, ...rotation, value: 'first' }, 'token', api)
  await update(rotation)

  expect(outcome).toEqual(waiting({ name: 'shop' }, 'its policy and rotation', 'again'))
  expect(sentBy(RotateSecretCommand)).toEqual({
    SecretId: arn,
    RotationLambdaARN: rotator,
    ClientRequestToken: 'nekot',
    RotationRules: rules,
    RotateImmediately: false,
  })
})

test('a rotation that is cancelled shows as none, though AWS still names its function', async () => {
  await update({ rotation_lambda_arn: null })

  const row = mapper.toRow({ ...seen, RotationEnabled: false, RotationLambdaARN: rotator })

  expect(secrets.commandCalls(CancelRotateSecretCommand)).toHaveLength(1)
  expect(row).toMatchObject({ rotation_lambda_arn: null, rotation_rules: null, rotation_enabled: false })
})

test('copies are made where they are missing and removed where they are not wanted', async () => {
  const copied = { ...seen, ReplicationStatus: [{ Region: 'eu-west-1' }, { Region: 'eu-north-1' }] }

  await update({ replica_regions: ['eu-west-1', 'us-west-2'] }, copied)

  expect(secrets.commandCalls(ReplicateSecretToRegionsCommand)[0]?.args[0].input).toEqual({
    SecretId: arn,
    AddReplicaRegions: [{ Region: 'us-west-2' }],
  })
  expect(secrets.commandCalls(RemoveRegionsFromReplicationCommand)[0]?.args[0].input).toEqual({
    SecretId: arn,
    RemoveReplicaRegions: ['eu-north-1'],
  })
})

test('a copy is awaited, and one that failed says why', () => {
  const statusOf = (Status: string) =>
    mapper.settled?.({
      ...seen,
      ReplicationStatus: [{ Region: 'eu-west-1', Status, StatusMessage: 'no key there' }],
    })

  expect(statusOf('InProgress')).toBe(false)
  expect(statusOf('InSync')).toBe(true)
  expect(statusOf('Failed')).toEqual({ failed: 'the copy in eu-west-1: no key there' })
})

test('a copy of another region and a secret of another service are not ours to change', () => {
  const isExternal = (more: object) => mapper.isExternal?.({ ...seen, ...more }, place)

  expect(isExternal({ PrimaryRegion: 'eu-west-1' })).toBe(true)
  expect(isExternal({ PrimaryRegion: 'us-east-1' })).toBe(false)
  expect(isExternal({ OwningService: 'rds' })).toBe(true)
  expect(isExternal({})).toBe(false)
})

test('copies go before the secret, which can be restored for as long as the row says', async () => {
  const copied = { ...seen, ReplicationStatus: [{ Region: 'eu-west-1' }] }

  await mapper.delete(copied, { ...bare, recovery_window_in_days: 7 }, api)
  await mapper.delete(seen, { ...bare, recovery_window_in_days: 0 }, api)
  await mapper.delete(seen, bare, api)

  expect(secrets.commandCalls(RemoveRegionsFromReplicationCommand)).toHaveLength(1)
  expect(secrets.commandCalls(DeleteSecretCommand).map((call) => call.args[0].input)).toEqual([
    { SecretId: 'shop', RecoveryWindowInDays: 7 },
    { SecretId: 'shop', ForceDeleteWithoutRecovery: true },
    { SecretId: 'shop', RecoveryWindowInDays: 30 },
  ])
})

test('a secret that waits for its end is gone', async () => {
  secrets.on(DescribeSecretCommand).resolves({ ...seen, DeletedDate: new Date() })

  expect(await mapper.get([{ name: 'shop' }], api)).toEqual([])
  expect(secrets.commandCalls(GetResourcePolicyCommand)).toHaveLength(0)
})

test('clearing the description and the key says so to AWS', async () => {
  await update({ description: null, kms_key_id: null })

  expect(secrets.commandCalls(UpdateSecretCommand)[0]?.args[0].input).toEqual({
    SecretId: arn,
    Description: '',
    KmsKeyId: 'alias/aws/secretsmanager',
  })
})

test('a policy that lets everybody in is refused by AWS when the row asks for that, and cleared by a call', async () => {
  const policy = { Version: '2012-10-17', Statement: [] }

  await update({ policy, block_public_policy: true })
  await update({ policy: null })

  expect(secrets.commandCalls(PutResourcePolicyCommand)[0]?.args[0].input).toEqual({
    SecretId: arn,
    ResourcePolicy: JSON.stringify(policy),
    BlockPublicPolicy: true,
  })
  expect(secrets.commandCalls(DeleteResourcePolicyCommand)).toHaveLength(1)
})

test('a new value and a rotation at once are versions of their own', async () => {
  await update({ value: 'second', rotation_lambda_arn: rotator })

  const tokens = [UpdateSecretCommand, RotateSecretCommand].map(
    (command) =>
      (sentBy(command as typeof RotateSecretCommand) as { ClientRequestToken: string }).ClientRequestToken,
  )
  expect(new Set(tokens).size).toBe(2)
})

const refusal = (message: string) =>
  new SecretsManagerServiceException({
    name: 'InvalidRequestException',
    message,
    $fault: 'client',
    $metadata: { httpStatusCode: 400 },
  })

test('a secret whose name waits for its end is restored, and has the value of the row', async () => {
  const message =
    "You can't create this secret because a secret with this name is already scheduled for deletion."
  secrets.on(CreateSecretCommand).rejects(refusal(message))
  secrets.on(DescribeSecretCommand).resolves({ ...seen, DeletedDate: new Date() })

  const outcome = await mapper.create({ ...bare, value: 'anew' }, 'token', api)

  expect(outcome).toEqual(waiting({ name: 'shop' }, 'what else is different of the restored secret', 'again'))
  expect(
    secrets
      .calls()
      .map(({ args }) => [args[0].constructor, args[0].input])
      .slice(2),
  ).toEqual([
    [RestoreSecretCommand, { SecretId: 'shop' }],
    [UpdateSecretCommand, { SecretId: 'shop', SecretString: 'anew', ClientRequestToken: 'token' }],
  ])
})

test('a secret that AWS refuses for any other reason is not restored', async () => {
  secrets.on(CreateSecretCommand).rejects(refusal('The parameter has no value.'))
  secrets.on(DescribeSecretCommand).resolves(seen)

  await expect(mapper.create({ ...bare, value: 'anew' }, 'token', api)).rejects.toThrow('no value')

  expect(secrets.commandCalls(RestoreSecretCommand)).toHaveLength(0)
})
