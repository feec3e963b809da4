/** How an object changes: a new content is put, anything else by a copy over itself; tags go along, or alone. */
import {
  CopyObjectCommand,
  DeleteObjectTaggingCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3'
import { bytesOf, type CloudApi, type ColumnDelta, type Resolved } from '../kit/index.ts'
import type { Row } from './bucket-object-columns.ts'
import { type SdkTag, tagSet } from './documents.ts'

export type ObjectTags = readonly SdkTag[]

/** What a put and a copy say alike; a header of which a copy says nothing goes. */
const described = (want: Resolved<Row>) => ({
  Bucket: want.bucket_name,
  Key: want.key,
  // The SDK sends it along: S3 refuses what was changed on its way, and tells it when it is asked what it holds.
  ChecksumAlgorithm: 'SHA256' as const,
  ContentType: want.content_type,
  StorageClass: want.storage_class,
  ...(want.cache_control === null ? {} : { CacheControl: want.cache_control }),
  ...(want.content_disposition === null ? {} : { ContentDisposition: want.content_disposition }),
  ...(want.content_encoding === null ? {} : { ContentEncoding: want.content_encoding }),
  ...(want.content_language === null ? {} : { ContentLanguage: want.content_language }),
  ...(want.website_redirect === null ? {} : { WebsiteRedirectLocation: want.website_redirect }),
  ...(want.metadata === null ? {} : { Metadata: want.metadata as Record<string, string> }),
  ...encrypted(want),
})

/** A copy that says nothing of it is encrypted as the bucket has it for new objects, whatever the object was. */
function encrypted({ encryption, kms_key_id, bucket_key_enabled }: Resolved<Row>) {
  if (encryption === null) return {}
  const isByKms = encryption !== 'AES256'
  return {
    ServerSideEncryption: encryption,
    ...(isByKms && kms_key_id !== null ? { SSEKMSKeyId: kms_key_id } : {}),
    ...(isByKms && bucket_key_enabled !== null ? { BucketKeyEnabled: bucket_key_enabled } : {}),
  }
}

/** As a header: `team=shop&stage=trial`. */
function tagging(seen: ObjectTags, want: Resolved<Row>): { readonly Tagging?: string } {
  const set = tagSet(seen, want.tags)
  if (set.length === 0) return {}
  return { Tagging: new URLSearchParams(set.map(({ Key, Value }) => [Key, Value])).toString() }
}

export async function putObject(want: Resolved<Row>, seen: ObjectTags, s3: CloudApi): Promise<void> {
  await s3.send(PutObjectCommand, {
    ...described(want),
    ...tagging(seen, want),
    Body: bytesOf(want.content),
  })
}

interface Change {
  readonly want: Resolved<Row>
  readonly delta: ColumnDelta<Row>
  readonly seen: ObjectTags
}

/** One call, whatever changes. */
export async function updateObject({ want, delta, seen }: Change, s3: CloudApi): Promise<void> {
  if (delta.content) return await putObject(want, seen, s3)
  const isTagsAlone = Object.keys(delta).every((name) => name === 'tags')
  if (isTagsAlone) return await putTags(want, seen, s3)
  await s3.send(CopyObjectCommand, {
    ...described(want),
    ...(delta.tags ? { TaggingDirective: 'REPLACE' as const, ...tagging(seen, want) } : {}),
    CopySource: [want.bucket_name, ...want.key.split('/')].map(encodeURIComponent).join('/'),
    MetadataDirective: 'REPLACE',
  })
}

async function putTags(want: Resolved<Row>, seen: ObjectTags, s3: CloudApi): Promise<void> {
  const at = { Bucket: want.bucket_name, Key: want.key }
  const TagSet = tagSet(seen, want.tags)
  if (TagSet.length === 0) await s3.send(DeleteObjectTaggingCommand, at)
  else await s3.send(PutObjectTaggingCommand, { ...at, Tagging: { TagSet } })
}
