/** How what a commit has put into a bucket is taken back, where the emulator does not answer as S3 does. */
import { DeleteObjectCommand, HeadObjectCommand, NotFound, S3Client } from '@aws-sdk/client-s3'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, expect, test } from 'vitest'
import { createCloud } from '#aws/create-cloud.ts'
import type { Row } from '#engine/model/json.ts'
import { mapperOf } from '#test/support/recorded-mapper.ts'

const s3 = mockClient(S3Client)
const cloud = createCloud({ profile: 'aws', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } })
const place = { accountId: '123456789012', region: 'eu-west-1' }
const api = cloud.api(S3Client, place, AbortSignal.timeout(5_000))

const putAt = '2026-02-02T10:00:00.000Z'
const at = { Bucket: 'papers', Key: 'a' }

beforeEach(() => {
  s3.reset()
  s3.on(DeleteObjectCommand).resolves({})
  s3.on(HeadObjectCommand).rejects(new NotFound({ $metadata: {}, message: 'no such key' }))
})

const takeBack = async (...made: readonly Row[]) => {
  await mapperOf('bucket_object').takeBack?.({ bucket_name: 'papers', key: 'a' }, made, api)
  return s3.commandCalls(DeleteObjectCommand).map(({ args: [{ input }] }) => input)
}
const shown = (time: string) =>
  s3.on(HeadObjectCommand).resolves({ VersionId: 'v1', LastModified: new Date(time) })

test('the version that was made ends, whatever is under its key by now', async () => {
  shown('2026-01-01T10:00:00.000Z')

  expect(await takeBack({ version_id: 'v2', last_modified: putAt })).toEqual([{ ...at, VersionId: 'v2' }])
})

test('every version that was made ends', async () => {
  const made = [{ version_id: 'v2', last_modified: putAt }, { version_id: 'v3' }]

  expect(await takeBack(...made)).toEqual([
    { ...at, VersionId: 'v2' },
    { ...at, VersionId: 'v3' },
  ])
})

test('what was put while the bucket kept no versions ends as the version null', async () => {
  expect(await takeBack({ version_id: null, last_modified: putAt })).toEqual([{ ...at, VersionId: 'null' }])
})

test('an earlier version that was hidden while versions are suspended is hidden again', async () => {
  shown('2026-01-01T10:00:00.000Z')

  expect(await takeBack({ version_id: 'null', last_modified: putAt })).toEqual([
    { ...at, VersionId: 'null' },
    at,
  ])
})

test('what others have put since is not hidden', async () => {
  shown('2026-02-02T10:00:05.000Z')

  expect(await takeBack({ version_id: 'null', last_modified: putAt })).toEqual([{ ...at, VersionId: 'null' }])
})

test('what was never read back is hidden, as users delete it', async () => {
  expect(await takeBack({})).toEqual([at])
})
