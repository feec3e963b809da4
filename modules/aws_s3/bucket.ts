/** Buckets of S3: one row, one bucket with its settings, each of which S3 keeps for itself. */
import {
  type Bucket,
  type BucketLocationConstraint,
  CreateBucketCommand,
  DeleteBucketCommand,
  ListBucketsCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import {
  type CloudApi,
  type CloudId,
  defineMapper,
  defineTable,
  done,
  partitionOf,
  partsOf,
  type SeenParts,
  waiting,
} from '../kit/index.ts'
import { columns, type Row } from './bucket-columns.ts'
import { bucketParts } from './bucket-parts.ts'
import { emptyBucket } from './empty-bucket.ts'

interface SeenBucket {
  readonly bucket: Bucket
  readonly region: string
  /** Absent in a list. */
  readonly settings?: SeenParts
}

const settings = partsOf<Row>()(columns, bucketParts, 'NoSuchBucket')

async function* bucketsOf(s3: CloudApi, prefix?: string): AsyncIterable<SeenBucket> {
  const { region } = s3.place
  const wanted = prefix === undefined ? { MaxBuckets: 10_000 } : { Prefix: prefix }
  const buckets = s3.pages(ListBucketsCommand, { ...wanted, BucketRegion: region }, (page) => page.Buckets)
  for await (const bucket of buckets) yield { bucket, region }
}

async function readBuckets(ids: readonly CloudId[], s3: CloudApi): Promise<readonly SeenBucket[]> {
  const found = new Map<string | undefined, SeenBucket>()
  for await (const seen of bucketsOf(s3, ids.length === 1 ? ids[0]?.name : undefined))
    found.set(seen.bucket.Name, seen)
  return await s3.each(ids, async (id) => {
    const seen = found.get(id.name)
    const read = seen && (await settings.read(id, s3))
    return read && { ...seen, settings: read }
  })
}

function toRow({ bucket, region, settings: seen = {} }: SeenBucket): Row {
  const name = bucket.Name ?? ''
  const partition = partitionOf(region)
  return {
    name,
    ...settings.toRow(seen),
    arn: `arn:${partition}:s3:::${name}`,
    regional_domain_name: `${name}.s3.${region}.amazonaws.com${partition === 'aws-cn' ? '.cn' : ''}`,
    created_at: bucket.CreationDate?.toISOString() ?? null,
  }
}

const settingsPut = [
  'PutPublicAccessBlock',
  'PutBucketOwnershipControls',
  'PutBucketVersioning',
  'PutBucketEncryption',
  'PutBucketPolicy',
  'PutBucketLifecycleConfiguration',
  'PutBucketCors',
  'PutBucketWebsite',
  'PutBucketLogging',
  'PutBucketNotificationConfiguration',
  'PutBucketReplication',
  'PutBucketTagging',
]

export const bucket = defineTable({
  name: 'bucket',
  description: 'A bucket of Amazon S3, with its settings.',
  naturalKey: ['name'],
  named: true,
  settleMs: 60_000,
  hydrates: settings.columns,
  columns,
  checks: [
    {
      sql: "kms_key_id IS NULL OR encryption <> 'AES256'",
      message: 'a key of KMS goes with encryption aws:kms',
    },
  ],
  propagates: [
    ...settingsPut.map((operation) => ({
      operation,
      error: 'NoSuchBucket',
      message: /bucket does not exist/,
      forMs: 60_000,
      because: 'a new bucket is not known everywhere at once',
    })),
    {
      operation: 'PutBucketPolicy',
      error: 'MalformedPolicy',
      message: /^Invalid principal in policy/,
      forMs: 60_000,
      because: 'IAM has told S3 nothing yet of a new role or user',
    },
    {
      operation: 'PutBucketNotificationConfiguration',
      error: 'InvalidArgument',
      message: /^Unable to validate the following destination configurations/,
      forMs: 60_000,
      because: 'what is to be told has only just given S3 leave to',
    },
  ],
  mapper: defineMapper<Row, SeenBucket>()({
    client: S3Client,
    operations: [
      'ListBuckets',
      'GetPublicAccessBlock',
      'GetBucketOwnershipControls',
      'GetBucketVersioning',
      'GetBucketEncryption',
      'GetBucketPolicy',
      'GetBucketLifecycleConfiguration',
      'GetBucketCors',
      'GetBucketWebsite',
      'GetBucketLogging',
      'GetBucketNotificationConfiguration',
      'GetBucketReplication',
      'GetBucketTagging',
      'CreateBucket',
      ...settingsPut,
      'DeleteBucketPolicy',
      'DeleteBucketLifecycle',
      'DeleteBucketCors',
      'DeleteBucketWebsite',
      'DeleteBucketReplication',
      'DeleteBucketTagging',
      'ListObjectVersions',
      'DeleteObjects',
      'DeleteBucket',
    ],
    idOf: ({ bucket }) => ({ name: bucket.Name ?? '' }),
    list: (_, s3) => bucketsOf(s3),
    get: readBuckets,
    findByName: async ({ name }, s3) => (await readBuckets([{ name }], s3))[0],
    async create(want, _, s3) {
      const { region } = s3.place
      await s3.send(CreateBucketCommand, {
        Bucket: want.name,
        ObjectOwnership: want.object_ownership,
        // The first region of S3 has no name there.
        ...(region === 'us-east-1'
          ? {}
          : { CreateBucketConfiguration: { LocationConstraint: region as BucketLocationConstraint } }),
      })
      return waiting({ name: want.name }, 'its settings', 'again')
    },
    async update({ settings: seen = {} }, want, delta, _, s3) {
      const id = { name: want.name }
      await settings.write({ id, seen, want, delta }, s3)
      return done(id)
    },
    async delete({ bucket }, { force_destroy: isForced }, s3) {
      const name = bucket.Name ?? ''
      const isEmpty = await emptyBucket(name, s3, isForced === true)
      if (!isEmpty) return waiting({ name }, 'its objects to be deleted', 'again')
      await s3.send(DeleteBucketCommand, { Bucket: name })
      return done({ name })
    },
    toRow,
  }),
})
