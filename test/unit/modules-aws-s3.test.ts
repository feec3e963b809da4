/** What S3 answers and the emulator does not: copies to other buckets, buckets of before, ids that it makes up. */
import {
  CreateBucketCommand,
  DeleteBucketReplicationCommand,
  DeleteObjectsCommand,
  GetBucketCorsCommand,
  GetBucketEncryptionCommand,
  GetBucketLoggingCommand,
  GetBucketPolicyCommand,
  GetBucketReplicationCommand,
  GetPublicAccessBlockCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  NotFound,
  PutBucketLifecycleConfigurationCommand,
  PutBucketLoggingCommand,
  PutBucketReplicationCommand,
  PutBucketTaggingCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, expect, test } from 'vitest'
import { createCloud } from '#aws/create-cloud.ts'
import { waiting } from '#engine/model/cloud.ts'
import type { Row } from '#engine/model/json.ts'
import { mapperOf } from '#test/support/recorded-mapper.ts'

const s3 = mockClient(S3Client)
const cloud = createCloud({ profile: 'aws', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } })
const place = { accountId: '123456789012', region: 'eu-west-1' }
const api = cloud.api(S3Client, place, AbortSignal.timeout(5_000))

const mapper = mapperOf('bucket')

const refusal = (name: string, status: number) =>
  new S3ServiceException({ name, $fault: 'client', message: name, $metadata: { httpStatusCode: status } })

beforeEach(() => {
  s3.reset()
  s3.onAnyCommand().resolves({})
  s3.on(ListBucketsCommand).resolves({ Buckets: [{ Name: 'papers' }, { Name: 'papers-2' }] })
})

const update = (want: Row, settings: object = {}) => {
  const delta = Object.fromEntries(Object.entries(want).map(([name, to]) => [name, { from: null, to }]))
  const seen = { bucket: { Name: 'papers' }, region: 'eu-west-1', settings }
  return mapper.update(seen, { name: 'papers', tags: null, ...want }, delta, 'token', api)
}
const rowOf = async () => {
  const [seen] = await mapper.get([{ name: 'papers' }], api)
  return seen === undefined ? undefined : mapper.toRow(seen)
}

test('a bucket is made where its row is, with the ownership that it is to have, and gets its settings next', async () => {
  const outcome = await mapper.create(
    { name: 'papers', object_ownership: 'ObjectWriter', tags: null },
    'token',
    api,
  )

  expect(outcome).toEqual(waiting({ name: 'papers' }, 'its settings', 'again'))
  expect(s3.commandCalls(CreateBucketCommand)[0]?.args[0].input).toEqual({
    Bucket: 'papers',
    ObjectOwnership: 'ObjectWriter',
    CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' },
  })
})

test('buckets of other regions are not asked for, and the list is followed to its end', async () => {
  s3.on(ListBucketsCommand)
    .resolvesOnce({ Buckets: [{ Name: 'first' }], ContinuationToken: 'more' })
    .resolvesOnce({ Buckets: [{ Name: 'second' }] })

  const listed = await Array.fromAsync(mapper.list(place, api))

  expect(listed.map((seen) => mapper.idOf(seen))).toEqual([{ name: 'first' }, { name: 'second' }])
  expect(s3.commandCalls(ListBucketsCommand).map(({ args }) => args[0].input)).toEqual([
    { MaxBuckets: 10_000, BucketRegion: 'eu-west-1' },
    { MaxBuckets: 10_000, BucketRegion: 'eu-west-1', ContinuationToken: 'more' },
  ])
})

test('a setting that S3 does not find is absent; a bucket from before its defaults shows none of them', async () => {
  s3.on(GetBucketPolicyCommand).rejects(refusal('NoSuchBucketPolicy', 404))
  s3.on(GetBucketCorsCommand).rejects(refusal('NoSuchCORSConfiguration', 404))
  s3.on(GetPublicAccessBlockCommand).rejects(refusal('NoSuchPublicAccessBlockConfiguration', 404))
  s3.on(GetBucketEncryptionCommand).rejects(refusal('ServerSideEncryptionConfigurationNotFoundError', 404))

  expect(await rowOf()).toMatchObject({
    policy: null,
    cors_rules: null,
    block_public_acls: false,
    encryption: 'AES256',
    object_ownership: 'ObjectWriter',
    versioning: 'Disabled',
    tags: {},
    arn: 'arn:aws:s3:::papers',
    regional_domain_name: 'papers.s3.eu-west-1.amazonaws.com',
  })
})

test('a bucket that goes while it is read is absent as a whole', async () => {
  s3.on(GetBucketPolicyCommand).rejects(refusal('NoSuchBucket', 404))

  expect(await rowOf()).toBeUndefined()
})

test('a setting that may not be read is an error, not absence', async () => {
  s3.on(GetBucketPolicyCommand).rejects(refusal('AccessDenied', 403))

  await expect(rowOf()).rejects.toMatchObject({ code: 'cloud/denied' })
})

test('copies to another bucket are put whole and removed by a call of their own', async () => {
  const replication = {
    Role: 'arn:aws:iam::123456789012:role/copier',
    Rules: [{ Status: 'Enabled', Prefix: '', Destination: { Bucket: 'arn:aws:s3:::copy' } }],
  }
  await update({ replication })
  const [put] = s3.commandCalls(PutBucketReplicationCommand)
  s3.on(GetBucketReplicationCommand).resolves({
    ReplicationConfiguration: put?.args[0].input.ReplicationConfiguration,
  })

  const row = await rowOf()
  await update({ replication: null })

  expect(put?.args[0].input.ReplicationConfiguration?.Rules?.[0]?.ID).toBe('iasql-1')
  expect(row?.replication).toEqual(replication)
  expect(s3.commandCalls(DeleteBucketReplicationCommand)).toHaveLength(1)
})

test('dates within rules reach S3 as dates', async () => {
  await update({ lifecycle_rules: [{ Status: 'Enabled', Expiration: { Date: '2030-01-01' } }] })

  const [put] = s3.commandCalls(PutBucketLifecycleConfigurationCommand)
  expect(put?.args[0].input.LifecycleConfiguration?.Rules).toEqual([
    { ID: 'iasql-1', Status: 'Enabled', Expiration: { Date: new Date('2030-01-01') } },
  ])
})

test('tags of AWS itself stay when the others are put', async () => {
  const tagging = [
    { Key: 'aws:cloudformation:stack-name', Value: 'papers' },
    { Key: 'team', Value: 'old' },
  ]

  await update({ tags: { team: 'shop' } }, { tagging })

  expect(s3.commandCalls(PutBucketTaggingCommand)[0]?.args[0].input.Tagging?.TagSet).toEqual([
    { Key: 'aws:cloudformation:stack-name', Value: 'papers' },
    { Key: 'team', Value: 'shop' },
  ])
})

test('versions are not switched off once there are some', async () => {
  const failure = await update({ versioning: 'Disabled' }).catch((error: unknown) => error)

  expect(failure).toMatchObject({ code: 'cloud/invalid', hint: expect.stringContaining('Suspended') })
})

test('an object that S3 will not delete keeps its bucket', async () => {
  s3.on(ListObjectVersionsCommand).resolves({ Versions: [{ Key: 'held', VersionId: '1' }] })
  s3.on(DeleteObjectsCommand).resolves({ Errors: [{ Key: 'held', Code: 'AccessDenied', Message: 'locked' }] })
  const seen = { bucket: { Name: 'papers' }, region: 'eu-west-1' }

  const deletion = mapper.delete(seen, { name: 'papers', force_destroy: true, tags: null }, api)

  await expect(deletion).rejects.toMatchObject({
    code: 'cloud/denied',
    message: 'DeleteObjects: held: locked',
  })
})

test('a bucket with more objects than one turn deletes is taken up again', async () => {
  s3.on(ListObjectVersionsCommand).resolves({ Versions: [{ Key: 'one of many' }] })
  const seen = { bucket: { Name: 'papers' }, region: 'eu-west-1' }

  const outcome = await mapper.delete(seen, { name: 'papers', force_destroy: true, tags: null }, api)

  expect(outcome).toEqual(waiting({ name: 'papers' }, 'its objects to be deleted', 'again'))
})

test('an object that was put in parts, or without a SHA-256, shows no digest', async () => {
  const objects = mapperOf('bucket_object')
  s3.on(HeadObjectCommand)
    .resolvesOnce({
      ChecksumSHA256: 'LCa0a2j/xo/5m0U8HTBBNBNCLXBkg7+g+YpeiGJm564=-2',
      ChecksumType: 'COMPOSITE',
    })
    .resolvesOnce({ ChecksumCRC64NVME: 'abc' })
    .resolvesOnce({
      ChecksumSHA256: 'LCa0a2j/xo/5m0U8HTBBNBNCLXBkg7+g+YpeiGJm564=',
      ChecksumType: 'FULL_OBJECT',
    })
    .rejects(new NotFound({ message: 'gone', $metadata: { httpStatusCode: 404 } }))
  const ids = ['a', 'b', 'c', 'd'].map((key) => ({ bucket_name: 'papers', key }))

  const found = await objects.get(ids, api)

  expect(found.map((seen) => objects.toRow(seen).content)).toEqual([
    null,
    null,
    'sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae',
  ])
})

test('access logs go to another bucket, and nowhere when that is cleared', async () => {
  const logging = { TargetBucket: 'old', TargetObjectKeyFormat: { SimplePrefix: {} } }
  await update({ logging_bucket_name: 'logs', logging_prefix: 'papers/' }, { logging })
  await update({ logging_bucket_name: null, logging_prefix: null }, { logging })
  s3.on(GetBucketLoggingCommand).resolves({ LoggingEnabled: { TargetBucket: 'logs', TargetPrefix: '' } })

  const row = await rowOf()

  expect(
    s3.commandCalls(PutBucketLoggingCommand).map(({ args }) => args[0].input.BucketLoggingStatus),
  ).toEqual([
    {
      LoggingEnabled: {
        TargetBucket: 'logs',
        TargetPrefix: 'papers/',
        TargetObjectKeyFormat: { SimplePrefix: {} },
      },
    },
    {},
  ])
  expect(row).toMatchObject({ logging_bucket_name: 'logs', logging_prefix: null })
})

test('logs that AWS writes are not listed, nor what is in a bucket of many objects', async () => {
  const keys = [
    'mine',
    'logs/2026-11-21-14-25-20-A7D4881A5BF1A55D',
    'elb/AWSLogs/123456789012/elasticloadbalancing/x.gz',
  ]
  s3.on(ListObjectsV2Command, { Bucket: 'papers' }).resolves({ Contents: keys.map((Key) => ({ Key })) })
  s3.on(ListObjectsV2Command, { Bucket: 'papers-2' }).resolves({
    Contents: [{ Key: 'x' }],
    IsTruncated: true,
  })
  const objects = mapperOf('bucket_object')

  const listed = await Array.fromAsync(objects.list(place, api))

  expect(listed.map((seen) => objects.idOf(seen))).toEqual([{ bucket_name: 'papers', key: 'mine' }])
})

test('a bucket that denies its list hides its objects, and not those of others', async () => {
  s3.on(ListObjectsV2Command, { Bucket: 'papers' }).rejects(refusal('AccessDenied', 403))
  s3.on(ListObjectsV2Command, { Bucket: 'papers-2' }).resolves({ Contents: [{ Key: 'x' }] })
  const objects = mapperOf('bucket_object')

  const listed = await Array.fromAsync(objects.list(place, api))

  expect(listed.map((seen) => objects.idOf(seen))).toEqual([{ bucket_name: 'papers-2', key: 'x' }])
})

test('a HEAD that AWS denies says so by its status alone', async () => {
  s3.on(HeadObjectCommand).rejects(refusal('403', 403))

  await expect(
    mapperOf('bucket_object').get([{ bucket_name: 'papers', key: 'x' }], api),
  ).rejects.toMatchObject({
    code: 'cloud/denied',
  })
})

test('replication is removed before versions are suspended, which S3 refuses while it stands', async () => {
  await update({ versioning: 'Suspended', replication: null })

  const names = s3.calls().map(({ args }) => args[0].constructor.name)
  expect(names).toEqual(['DeleteBucketReplicationCommand', 'PutBucketVersioningCommand'])
})
