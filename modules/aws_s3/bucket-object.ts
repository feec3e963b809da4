/** Objects of S3: one row, one key of a bucket, with what is stored under it. */
import {
  DeleteObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  ListBucketsCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3'
import {
  type CloudApi,
  type CloudId,
  defineMapper,
  defineTable,
  digestOf,
  done,
  IasqlError,
  type Outcome,
  tagsFrom,
  unlessAbsent,
} from '../kit/index.ts'
import { columns, type Row } from './bucket-object-columns.ts'
import { type ObjectTags, putObject, updateObject } from './put-object.ts'

const hydrated = (Object.keys(columns) as (keyof typeof columns)[]).filter(
  (name) => name !== 'bucket_name' && name !== 'key',
)

interface SeenObject {
  readonly bucket_name: string
  readonly key: string
  /** Absent in a list. */
  readonly head?: HeadObjectCommandOutput
  readonly tags?: ObjectTags
}

/** A bucket with more is a store, and not made by hand: of such a one only what rows are of is read, by name. */
const mostListed = 100

/** Access logs of S3, and logs that other services deliver: they come by themselves, and are nobody's rows. */
const writtenByAws = /(^|\/)AWSLogs\/\d{12}\/|\d{4}(-\d\d){5}-[0-9A-F]{16}$/

async function* listObjects(s3: CloudApi): AsyncIterable<SeenObject> {
  const input = { MaxBuckets: 10_000, BucketRegion: s3.place.region }
  for await (const { Name: Bucket = '' } of s3.pages(ListBucketsCommand, input, (page) => page.Buckets)) {
    // A bucket's policy may deny it: that its objects are not listed says nothing of those that rows are of.
    const page = await unlessDenied(
      unlessAbsent(s3.send(ListObjectsV2Command, { Bucket, MaxKeys: mostListed })),
    )
    if (!page || page.IsTruncated) continue
    for (const { Key = '' } of page.Contents ?? [])
      if (!writtenByAws.test(Key)) yield { bucket_name: Bucket, key: Key }
  }
}

async function unlessDenied<Answer>(call: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await call
  } catch (error) {
    if (error instanceof IasqlError && error.code === 'cloud/denied') return undefined
    throw error
  }
}

const readObject = (
  { bucket_name = '', key = '' }: CloudId,
  s3: CloudApi,
): Promise<SeenObject | undefined> => {
  const at = { Bucket: bucket_name, Key: key }
  return unlessAbsent(
    Promise.all([
      s3.send(HeadObjectCommand, { ...at, ChecksumMode: 'ENABLED' }),
      s3.send(GetObjectTaggingCommand, at),
    ]).then(([head, { TagSet }]) => ({ bucket_name, key, head, tags: TagSet ?? [] })),
  )
}

/** Else its bucket would never be empty. What others have put over them since stays. */
async function endVersions(
  { bucket_name, key }: SeenObject,
  made: readonly Partial<Row>[],
  s3: CloudApi,
): Promise<Outcome> {
  const at = { Bucket: bucket_name, Key: key }
  // What was put while the bucket kept no versions is the version `null` of its key.
  const versions = new Set(made.flatMap(({ version_id: id }) => (id === undefined ? [] : [id ?? 'null'])))
  let isKept = made.some(({ version_id: id }) => id === undefined)
  for (const VersionId of versions) {
    const ended = await unlessDenied(s3.send(DeleteObjectCommand, { ...at, VersionId }))
    if (!ended) isKept = true
  }
  const putAt = made[0]?.last_modified ?? ''
  const isUncovered = !isKept && versions.has('null') && (await showsOlder(at, putAt, s3))
  // A lock, or a policy, may deny an end for good: then it is hidden.
  if (isKept || isUncovered) await s3.send(DeleteObjectCommand, at)
  return done({ bucket_name, key })
}

/** Where versions are suspended, the version `null` had taken the place of the mark that hid those before it. */
async function showsOlder(
  at: { readonly Bucket: string; readonly Key: string },
  putAt: string,
  s3: CloudApi,
): Promise<boolean> {
  const shown = await unlessAbsent(s3.send(HeadObjectCommand, at))
  return shown?.LastModified !== undefined && shown.LastModified.toISOString() < putAt
}

function toRow({ bucket_name, key, head, tags: set }: SeenObject): Row {
  const metadata = Object.keys(head?.Metadata ?? {}).length > 0 ? (head?.Metadata ?? null) : null
  return {
    bucket_name,
    key,
    content: head?.ChecksumType === 'COMPOSITE' ? null : digestOf(head?.ChecksumSHA256),
    content_type: head?.ContentType ?? 'application/octet-stream',
    cache_control: head?.CacheControl ?? null,
    content_disposition: head?.ContentDisposition ?? null,
    content_encoding: head?.ContentEncoding ?? null,
    content_language: head?.ContentLanguage ?? null,
    metadata,
    storage_class: (head?.StorageClass ?? 'STANDARD') as Row['storage_class'],
    encryption: (head?.ServerSideEncryption as Row['encryption']) ?? null,
    kms_key_id: head?.SSEKMSKeyId ?? null,
    bucket_key_enabled: head?.BucketKeyEnabled ?? null,
    website_redirect: head?.WebsiteRedirectLocation ?? null,
    e_tag: head?.ETag ?? null,
    version_id: head?.VersionId ?? null,
    bytes: head?.ContentLength ?? null,
    last_modified: head?.LastModified?.toISOString() ?? null,
    tags: tagsFrom(set),
  }
}

export const bucketObject = defineTable({
  name: 'bucket_object',
  description: `An object of an S3 bucket. Objects of buckets with up to ${mostListed} of them are imported; of others, of buckets that do not let theirs be listed, and of the logs that AWS writes, only the rows inserted here are followed. A deletion of one in a bucket with versions hides it and keeps its versions.`,
  naturalKey: ['bucket_name', 'key'],
  named: true,
  settleMs: 1_000,
  hydrates: hydrated,
  checks: [
    {
      sql: 'encryption IS NOT NULL OR (kms_key_id IS NULL AND bucket_key_enabled IS NULL)',
      message: 'a key is of an encryption',
    },
  ],
  columns,
  mapper: defineMapper<Row, SeenObject>()({
    client: S3Client,
    operations: [
      'ListBuckets',
      'ListObjectsV2',
      'HeadObject',
      'GetObjectTagging',
      'PutObject',
      'CopyObject',
      'PutObjectTagging',
      'DeleteObjectTagging',
      'DeleteObject',
    ],
    idOf: ({ bucket_name, key }) => ({ bucket_name, key }),
    list: (_, s3) => listObjects(s3),
    get: (ids, s3) => s3.each(ids, (id) => readObject(id, s3)),
    findByName: ({ bucket_name, key }, s3) => readObject({ bucket_name, key }, s3),
    async create(want, _, s3) {
      await putObject(want, [], s3)
      return done({ bucket_name: want.bucket_name, key: want.key })
    },
    async update({ tags: seen = [] }, want, delta, _, s3) {
      await updateObject({ want, delta, seen }, s3)
      return done({ bucket_name: want.bucket_name, key: want.key })
    },
    async delete({ bucket_name, key }, _, s3) {
      await s3.send(DeleteObjectCommand, { Bucket: bucket_name, Key: key })
      return done({ bucket_name, key })
    },
    takeBack: endVersions,
    toRow,
  }),
})
