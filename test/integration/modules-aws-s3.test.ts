/** Buckets and objects as their users change them. */
import {
  DeleteObjectCommand,
  GetBucketEncryptionCommand,
  GetBucketLocationCommand,
  GetBucketPolicyCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { CloudApi } from '#engine/model/cloud.ts'
import { IasqlError } from '#engine/model/error.ts'
import type { Cloud } from '#operations/ports.ts'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
let s3: S3Client
/** Operations that AWS refuses. */
const refused = new Set<string>()

const refusing = (cloud: Cloud): Cloud => ({
  ...cloud,
  settleMs: (published) => cloud.settleMs(published),
  api: (client, place, signal) => {
    const api = cloud.api(client, place, signal)
    const send: CloudApi['send'] = async (command, input) => {
      if (refused.has(command.name.replace(/Command$/, '')))
        throw new IasqlError('cloud/invalid', 'no such key')
      return await api.send(command, input)
    }
    return { ...api, send }
  },
})

beforeAll(async () => {
  lab = await openTenantLab({ wrapCloud: refusing })
  s3 = new S3Client({
    region: 'us-east-1',
    endpoint: lab.endpoint,
    forcePathStyle: true,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  })
  await lab.call('iasql_install', [['aws_s3']])
})
afterAll(() => lab?.close())

beforeEach(async () => {
  refused.clear()
  await lab.user.run('UPDATE bucket SET force_destroy = true')
  await lab.call('iasql_apply')
  await lab.user.run('WITH o AS (DELETE FROM bucket_object) DELETE FROM bucket')
  await lab.call('iasql_apply')
})

const apply = () => lab.call('iasql_apply')
const insertBucket = (name: string, column = 'versioning', valueSql = "'Disabled'"): Promise<unknown> =>
  lab.user.run(`INSERT INTO bucket (name, ${column}) VALUES ('${name}', ${valueSql})`)
const one = async (sql: string) => (await lab.user.query<Record<string, unknown>>(sql))[0]
const bodyOf = async (Bucket: string, Key: string): Promise<string> => {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }))
  return (await Body?.transformToString('latin1')) ?? ''
}

const policy = (Action: unknown, Resource: unknown) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::123456789012:root' }, Action, Resource }],
  })

test('an equivalent policy in another shape is no change', async () => {
  await lab.user.run("INSERT INTO bucket (name, policy) VALUES ('papers', CAST(:policy AS jsonb))", {
    policy: policy('s3:GetObject', 'arn:aws:s3:::papers/*'),
  })
  await apply()

  await lab.user.run("UPDATE bucket SET policy = CAST(:policy AS jsonb) WHERE name = 'papers'", {
    policy: policy(['s3:GetObject'], ['arn:aws:s3:::papers/*']),
  })

  expect(await lab.call('iasql_preview')).toEqual([])
})

test('what was put before AWS refused another setting is agreed on: taking it back is an edit', async () => {
  const [first, second] = ['papers/a/*', 'papers/b/*'].map((path) =>
    policy('s3:GetObject', `arn:aws:s3:::${path}`),
  )
  const set = (text = '') =>
    lab.user.run("UPDATE bucket SET policy = CAST(:policy AS jsonb) WHERE name = 'papers'", { policy: text })
  await lab.user.run("INSERT INTO bucket (name, policy) VALUES ('papers', CAST(:policy AS jsonb))", {
    policy: first ?? '',
  })
  await apply()
  refused.add('PutBucketLifecycleConfiguration')
  await lab.user.run(
    `UPDATE bucket SET lifecycle_rules = '[{"Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}]'`,
  )
  await set(second)

  const failure = await apply().catch((error: unknown) => error)
  const left = await lab.call('iasql_preview')
  await lab.user.run('UPDATE bucket SET lifecycle_rules = NULL')
  await set(first)
  await apply()

  expect(failure).toMatchObject({ code: 'apply/changes-failed' })
  expect(left).toMatchObject([{ action: 'update', table_name: 'bucket', calls: 1 }])
  const { Policy = '' } = await s3.send(new GetBucketPolicyCommand({ Bucket: 'papers' }))
  expect(Policy).toContain('papers/a/*')
})

test('a bucket is made in the region of its row', async () => {
  await lab.user.run("UPDATE aws_regions SET is_enabled = true WHERE region = 'eu-west-1'")
  await lab.user.run("INSERT INTO bucket (name, region) VALUES ('papers-in-europe', 'eu-west-1')")

  await apply()

  const { LocationConstraint } = await s3.send(new GetBucketLocationCommand({ Bucket: 'papers-in-europe' }))
  expect(LocationConstraint).toBe('eu-west-1')
  expect(await lab.call('iasql_sync')).toEqual([])
})

test('a bucket that is not empty stays, and the error says what would let it go', async () => {
  await insertBucket('papers')
  await apply()
  await s3.send(new PutObjectCommand({ Bucket: 'papers', Key: 'theirs', Body: 'x' }))
  await lab.user.run('DELETE FROM bucket')

  const failure = (await apply().catch((error: unknown) => error)) as IasqlError

  expect(`${failure.message} ${failure.detail}`).toMatch(
    /papers is not empty: objects in it, with their versions: 1/,
  )
  await expect(s3.send(new HeadBucketCommand({ Bucket: 'papers' }))).resolves.toBeDefined()
  await s3.send(new DeleteObjectCommand({ Bucket: 'papers', Key: 'theirs' }))
  await apply()
  await expect(s3.send(new HeadBucketCommand({ Bucket: 'papers' }))).rejects.toThrow()
})

test('with force_destroy a bucket takes its objects along, their versions and the marks of deleted ones', async () => {
  await insertBucket('papers', 'versioning', "'Enabled'")
  await apply()
  for (const Body of ['first', 'second'])
    await s3.send(new PutObjectCommand({ Bucket: 'papers', Key: 'theirs', Body }))
  await s3.send(new DeleteObjectCommand({ Bucket: 'papers', Key: 'theirs' }))
  await lab.user.run('UPDATE bucket SET force_destroy = true')
  await apply()

  await lab.user.run('DELETE FROM bucket')
  await apply()

  await expect(s3.send(new HeadBucketCommand({ Bucket: 'papers' }))).rejects.toThrow()
})

test('a key of KMS without encryption by KMS is refused at the statement', async () => {
  const insert = lab.user.run("INSERT INTO bucket (name, kms_key_id) VALUES ('papers', 'some-key')")

  await expect(insert).rejects.toThrow('bucket_a_key_of_kms_goes_with_encryption_aws_kms')
})

test('a bucket and its objects come and go in one apply', async () => {
  await insertBucket('papers')
  await lab.user.run(
    "INSERT INTO bucket_object (bucket_name, key, content) VALUES ('papers', 'a/ä b.txt', 'text')",
  )
  await apply()

  expect(await bodyOf('papers', 'a/ä b.txt')).toBe('text')
  await lab.user.run("UPDATE bucket_object SET cache_control = 'no-store'")
  await apply()
  const head = await s3.send(new HeadObjectCommand({ Bucket: 'papers', Key: 'a/ä b.txt' }))
  await lab.user.run('WITH o AS (DELETE FROM bucket_object) DELETE FROM bucket')
  await apply()

  expect(head.CacheControl).toBe('no-store')
  await expect(s3.send(new HeadBucketCommand({ Bucket: 'papers' }))).rejects.toThrow()
})

test('encryption by a key is put whole, whichever of its columns changes', async () => {
  const key = 'arn:aws:kms:us-east-1:123456789012:key/1f0e2d3c-4b5a-6978-8796-a5b4c3d2e1f0'
  await lab.user.run(
    `INSERT INTO bucket (name, encryption, kms_key_id) VALUES ('papers', 'aws:kms', '${key}')`,
  )
  await apply()
  await lab.user.run('UPDATE bucket SET bucket_key_enabled = true')
  lab.calls.length = 0

  await apply()

  const written = lab.calls.map(({ operation }) => operation).filter((name) => /^(Put|Create)/.test(name))
  const found = await s3.send(new GetBucketEncryptionCommand({ Bucket: 'papers' }))
  expect(written).toEqual(['PutBucketEncryption'])
  expect(found.ServerSideEncryptionConfiguration?.Rules).toMatchObject([
    {
      ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: key },
      BucketKeyEnabled: true,
    },
  ])
})

test('a bucket whose settings are all gone from the cloud is read without them', async () => {
  await insertBucket('papers', 'cors_rules', `'[{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]'`)
  await apply()
  await lab.user.run('UPDATE bucket SET cors_rules = NULL')
  await apply()

  expect(await one('SELECT cors_rules, website, policy FROM bucket')).toEqual({
    cors_rules: null,
    website: null,
    policy: null,
  })
})
