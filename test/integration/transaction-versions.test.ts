/** A commit that fails ends the very versions of objects that it has made; what others put, and what users delete, keeps its own. */
import { setTimeout as delay } from 'node:timers/promises'
import {
  type DeleteMarkerEntry,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectVersionsCommand,
  type ObjectVersion,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { CloudApi } from '#engine/model/cloud.ts'
import { IasqlError } from '#engine/model/error.ts'
import type { Cloud } from '#operations/ports.ts'
import { type LabSession, openSession, sessionLab } from '#test/support/session.ts'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
let ann: LabSession
let s3: S3Client
/** What AWS says to a call; undefined: it does it. */
let answer: (operation: string, input: object) => Promise<IasqlError | undefined>

const refusing = (cloud: Cloud): Cloud => ({
  ...cloud,
  settleMs: (published) => cloud.settleMs(published),
  api: (client, place, signal) => {
    const api = cloud.api(client, place, signal)
    const send: CloudApi['send'] = async (command, input) => {
      const refusal = await answer(command.name.replace(/Command$/, ''), input)
      if (refusal) throw refusal
      return await api.send(command, input)
    }
    return { ...api, send }
  },
})

beforeAll(async () => {
  answer = async () => undefined
  lab = await openTenantLab({ wrapCloud: refusing })
  ann = await openSession(sessionLab(lab), 'ann')
  s3 = new S3Client({
    region: 'us-east-1',
    endpoint: lab.endpoint,
    forcePathStyle: true,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  })
  await lab.call('iasql_install', [['aws_s3']])
})
afterAll(async () => {
  s3?.destroy()
  await lab?.close()
})

beforeEach(() => {
  awaitedPuts = 0
  answer = async () => undefined
})

/** Objects that are to be put before anything fails: nothing is begun after that. */
let awaitedPuts = 0
let calledBefore = 0
const putsSo = (from: number): number =>
  lab.calls.slice(from).filter(({ operation }) => operation === 'PutObject').length

/** The tags of the bucket `late` are put last, and never taken. */
const lateRefused = async (operation: string) => {
  if (operation !== 'PutBucketTagging') return undefined
  while (putsSo(calledBefore) < awaitedPuts) await delay(50)
  await delay(1_000)
  return new IasqlError('cloud/invalid', 'no such tags here')
}

const putInto = (bucket: string, key: string, content: string): string =>
  `INSERT INTO bucket_object (bucket_name, key, content) VALUES ('${bucket}', '${key}', '${content}')`
const versionedBucket = (name: string): string =>
  `INSERT INTO bucket (name, versioning) VALUES ('${name}', 'Enabled')`
const refusedBucket = `INSERT INTO bucket (name, tags) VALUES ('late', '{"team": "shop"}')`

const buckets = async () =>
  ((await s3.send(new ListBucketsCommand({}))).Buckets ?? []).map(({ Name }) => Name)
const versions = async (Bucket: string) => {
  const { Versions = [], DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket }))
  const keysOf = (all: readonly (ObjectVersion | DeleteMarkerEntry)[]) => all.map(({ Key }) => Key).sort()
  return { kept: keysOf(Versions), hidden: keysOf(DeleteMarkers) }
}
const contentOf = async (Bucket: string, Key: string) => {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }))
  return await Body?.transformToString()
}
const newest = async (Bucket: string, Key: string) =>
  (await s3.send(new HeadObjectCommand({ Bucket, Key }))).VersionId
const rowsOf = (table: string) => lab.user.query(`SELECT * FROM ${table}`)

async function failedCommit(...statements: readonly string[]): Promise<IasqlError> {
  calledBefore = lab.calls.length
  awaitedPuts = statements.filter((statement) => /bucket_object (\(|SET content)/.test(statement)).length
  await ann.call('iasql_begin')
  await ann.write(...statements, refusedBucket)
  const error = await ann.refusal('iasql_commit')
  expect(lab.calls.slice(calledBefore).map(({ operation }) => operation)).toContain('PutObject')
  expect(error.code).toBe('transaction/undone')
  return error
}

test('a new versioned bucket goes with the object that the commit put into it', async () => {
  answer = lateRefused

  const error = await failedCommit(versionedBucket('vers'), putInto('vers', 'k', 'v'))

  expect(error.detail).not.toContain('could not be undone')
  expect(await buckets()).toEqual([])
  expect(await rowsOf('bucket')).toEqual([])
  expect(await rowsOf('bucket_object')).toEqual([])
  expect(await lab.call('iasql_preview')).toEqual([])
})

test('a bucket that stood keeps its own versions, and none of the commit', async () => {
  await ann.write(
    versionedBucket('prices'),
    putInto('prices', 'price', '1'),
    putInto('prices', 'old name', '1'),
  )
  await lab.call('iasql_apply')
  answer = lateRefused

  const error = await failedCommit(
    putInto('prices', 'new', '1'),
    `UPDATE bucket_object SET content = '2' WHERE key = 'price'`,
    `UPDATE bucket_object SET key = 'new name', content = '1' WHERE key = 'old name'`,
  )

  expect(error.detail).not.toContain('could not be undone')
  const { kept, hidden } = await versions('prices')
  expect(new Set(kept)).toEqual(new Set(['old name', 'price']))
  expect(hidden).not.toContain('new name')
  expect(await contentOf('prices', 'price')).toBe('1')
  expect(await contentOf('prices', 'old name')).toBe('1')
  expect(await lab.call('iasql_preview')).toEqual([])
})

test('what the session applied before goes with all of its versions, and no tag alone makes one', async () => {
  await ann.write(versionedBucket('drafts'), putInto('drafts', 'stood', '1'))
  await lab.call('iasql_apply')
  await ann.call('iasql_begin')
  await ann.write(
    versionedBucket('early'),
    putInto('early', 'k', '1'),
    `UPDATE bucket_object SET tags = '{"stage": "trial"}' WHERE key = 'stood'`,
  )
  await ann.call('iasql_apply')
  await ann.write(`UPDATE bucket_object SET content = '2' WHERE key = 'k' AND bucket_name = 'early'`)
  await ann.call('iasql_apply')
  const before = await versions('early')
  answer = lateRefused
  await ann.write(refusedBucket)

  const error = await ann.refusal('iasql_commit')

  expect(before).toEqual({ kept: ['k', 'k'], hidden: [] })
  expect(error.detail).not.toContain('could not be undone')
  expect(await buckets()).not.toContain('early')
  expect(await versions('drafts')).toEqual({ kept: ['stood'], hidden: [] })
  expect(await lab.call('iasql_preview')).toEqual([])
})

test('a row that its user deletes is hidden, and keeps its versions', async () => {
  await ann.write(versionedBucket('papers'), putInto('papers', 'k', 'v'))
  await lab.call('iasql_apply')

  await ann.write(`DELETE FROM bucket_object WHERE key = 'k'`)
  await lab.call('iasql_apply')

  expect(await versions('papers')).toEqual({ kept: ['k'], hidden: ['k'] })
})

test('what others put over it meanwhile stays, and the detail says what that is in the way of', async () => {
  let isPut = false
  answer = async (operation) => {
    const refusal = await lateRefused(operation)
    if (operation !== 'DeleteObject' || isPut) return refusal
    isPut = true
    await s3.send(new PutObjectCommand({ Bucket: 'shared', Key: 'k', Body: 'theirs' }))
    return refusal
  }

  const error = await failedCommit(versionedBucket('shared'), putInto('shared', 'k', 'v'))

  expect(isPut).toBe(true)
  expect(error.detail).toMatch(
    /^could not be undone: delete bucket shared is left to do: the bucket shared is not empty/m,
  )
  expect(await versions('shared')).toEqual({ kept: ['k'], hidden: [] })
  expect(await contentOf('shared', 'k')).toBe('theirs')
  await s3.send(
    new DeleteObjectCommand({ Bucket: 'shared', Key: 'k', VersionId: await newest('shared', 'k') }),
  )
  await lab.call('iasql_apply')
  expect(await buckets()).not.toContain('shared')
})

test('what may not be ended is hidden as users delete it', async () => {
  await ann.write(versionedBucket('locked'))
  await lab.call('iasql_apply')
  answer = async (operation, input) =>
    operation === 'DeleteObject' && 'VersionId' in input
      ? new IasqlError('cloud/denied', 'DeleteObject: Access Denied')
      : await lateRefused(operation)

  const error = await failedCommit(putInto('locked', 'k', 'v'))

  expect(error.detail).not.toContain('could not be undone')
  expect(await versions('locked')).toEqual({ kept: ['k'], hidden: ['k'] })
})
