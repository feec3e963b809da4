/** What a sync does about a resource that alone cannot be read: a bucket that a policy denies, an object with a key of its own. */
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { CloudApi } from '#engine/model/cloud.ts'
import { type ErrorCode, IasqlError } from '#engine/model/error.ts'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
let s3: S3Client
/** Names of buckets, and keys of objects. */
const refused = new Map<string, ErrorCode>()

const guarded = (api: CloudApi): CloudApi => ({
  ...api,
  send: async (command, input) => {
    const { Bucket = '', Key = '' } = input as { Bucket?: string; Key?: string }
    const code = refused.get(Key || Bucket)
    if (code) throw new IasqlError(code, `${Key || Bucket} is not shown`)
    return await api.send(command, input)
  },
})

beforeAll(async () => {
  lab = await openTenantLab({
    wrapCloud: (cloud) => ({
      ...cloud,
      api: (client, place, signal) => guarded(cloud.api(client, place, signal)),
    }),
  })
  s3 = new S3Client({
    region: 'us-east-1',
    endpoint: lab.endpoint,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
    forcePathStyle: true,
  })
  for (const Bucket of ['locked', 'open', 'plain']) await s3.send(new CreateBucketCommand({ Bucket }))
  for (const Key of ['sealed', 'note'])
    await s3.send(new PutObjectCommand({ Bucket: 'open', Key, Body: 'x' }))
  await s3.send(new PutObjectCommand({ Bucket: 'locked', Key: 'inside', Body: 'x' }))
})
afterAll(async () => {
  s3.destroy()
  await lab.close()
})
beforeEach(() => refused.clear())

const namesOf = async (sql: string): Promise<readonly string[]> =>
  (await lab.user.query<{ name: string }>(sql)).map(({ name }) => name)
const buckets = () => namesOf('SELECT name FROM bucket ORDER BY name')
const objects = () => namesOf('SELECT key AS name FROM bucket_object ORDER BY key')
const sync = () => lab.call('iasql_sync', [['bucket', 'bucket_object']])
const notices = async (): Promise<string> => {
  const events = await lab.user.query<{ body: unknown }>(
    `SELECT body FROM ${lab.tenant.schema}.iasql_event WHERE kind = 'notice'`,
  )
  return JSON.stringify(events)
}

test('a bucket that may not be read, and an object, do not keep the others from being imported', async () => {
  refused.set('locked', 'cloud/denied').set('sealed', 'cloud/invalid')

  await lab.call('iasql_install', [['aws_s3']])

  expect(await buckets()).toEqual(['open', 'plain'])
  expect(await objects()).toEqual(['note'])
})

test('they come once they may be read', async () => {
  await sync()

  expect(await buckets()).toEqual(['locked', 'open', 'plain'])
  expect(await objects()).toEqual(['inside', 'note', 'sealed'])
})

test('a row whose resource may not be read any more stays as it is, and the sync says so', async () => {
  refused.set('locked', 'cloud/denied').set('inside', 'cloud/denied').set('sealed', 'cloud/invalid')

  await sync()

  const told = await notices()
  expect(told).toContain('locked is not shown')
  expect(told).toContain('bucket_object open')
  expect(await buckets()).toEqual(['locked', 'open', 'plain'])
  expect(await objects()).toEqual(['inside', 'note', 'sealed'])
})

test('where no bucket may be read a permission is missing, and the sync fails', async () => {
  for (const name of ['locked', 'open', 'plain']) refused.set(name, 'cloud/denied')

  await expect(sync()).rejects.toThrow('is not shown')
})
