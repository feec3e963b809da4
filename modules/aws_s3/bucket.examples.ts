/** What a bucket looks like: with its settings, as a public site, logging to another one, telling a queue, copied. */
import { examplesOf } from '../kit/index.ts'
import { bucket } from './bucket.ts'

const statement = (name: string, who: object, action: string, resource: string) => ({
  Version: '2012-10-17',
  Statement: [{ Sid: name, Effect: 'Allow', ...who, Action: action, Resource: resource }],
})
const everybody = { Principal: '*' }
const partners = { Principal: { AWS: 'arn:aws:iam::123456789012:root' } }
const logs = { Principal: { Service: 'logging.s3.amazonaws.com' } }

export const bucketExamples = examplesOf(bucket, {
  base: {
    name: 'shop-invoices',
    versioning: 'Enabled',
    restrict_public_buckets: false,
    lifecycle_rules: [
      { Status: 'Enabled', Filter: { Prefix: 'drafts/' }, Expiration: { Days: 30 } },
      {
        ID: 'archive',
        Status: 'Enabled',
        Filter: { Prefix: 'paid/' },
        Transitions: [{ Days: 90, StorageClass: 'GLACIER' }],
      },
    ],
    tags: { team: 'shop', stage: 'trial' },
  },
  update: {
    versioning: 'Suspended',
    encryption: 'aws:kms',
    kms_key_id: 'arn:aws:kms:us-east-1:123456789012:key/1f0e2d3c-4b5a-6978-8796-a5b4c3d2e1f0',
    bucket_key_enabled: true,
    object_ownership: 'BucketOwnerPreferred',
    lifecycle_rules: null,
    tags: { team: 'shop', tier: '1' },
  },
  replace: { name: 'shop-invoices-2' },
})

export const siteBucketExamples = examplesOf(bucket, {
  variant: 'site',
  base: {
    name: 'shop-site',
    block_public_policy: false,
    restrict_public_buckets: false,
    policy: statement('Read', everybody, 's3:GetObject', 'arn:aws:s3:::shop-site/*'),
    website: { IndexDocument: { Suffix: 'index.html' } },
    cors_rules: [
      { AllowedMethods: ['GET'], AllowedOrigins: ['https://shop.example.com'], MaxAgeSeconds: 600 },
    ],
  },
  update: {
    policy: statement('Read', everybody, 's3:GetObject', 'arn:aws:s3:::shop-site/public/*'),
    website: { IndexDocument: { Suffix: 'index.html' }, ErrorDocument: { Key: '404.html' } },
    cors_rules: null,
  },
  replace: { name: 'shop-site-2' },
})

export const loggedBucketExamples = examplesOf(bucket, {
  variant: 'logged',
  needs: {
    logs: {
      table: 'bucket',
      row: {
        name: 'shop-logs',
        policy: statement('Logs', logs, 's3:PutObject', 'arn:aws:s3:::shop-logs/*'),
      },
    },
  },
  base: {
    name: 'shop-orders',
    block_public_acls: false,
    logging_bucket_name: 'shop-logs',
    logging_prefix: 'orders/',
    force_destroy: true,
  },
  update: { logging_prefix: 'shop/orders/' },
  replace: { name: 'shop-orders-2' },
  emulator: 'it writes a log of every call at once, so that the bucket of the logs is never empty',
})

export const tellingBucketExamples = examplesOf(bucket, {
  variant: 'telling a queue',
  base: {
    name: 'shop-uploads',
    block_public_acls: false,
    notification: {
      QueueConfigurations: [
        { QueueArn: 'arn:aws:sqs:us-east-1:123456789012:uploads', Events: ['s3:ObjectCreated:*'] },
      ],
    },
    policy: statement('Put', partners, 's3:PutObject', 'arn:aws:s3:::shop-uploads/*'),
    website: { RedirectAllRequestsTo: { HostName: 'shop.example.com' } },
    tags: { team: 'shop' },
  },
  update: { notification: null, policy: null, website: null, tags: null },
  replace: { name: 'shop-uploads-2' },
})

export const copiedBucketExamples = examplesOf(bucket, {
  variant: 'copied elsewhere',
  base: {
    name: 'shop-copied',
    versioning: 'Enabled',
    replication: {
      Role: 'arn:aws:iam::123456789012:role/copier',
      Rules: [
        {
          ID: 'all',
          Priority: 1,
          Status: 'Enabled',
          Filter: { Prefix: '' },
          DeleteMarkerReplication: { Status: 'Disabled' },
          Destination: { Bucket: 'arn:aws:s3:::shop-copy' },
        },
      ],
    },
  },
  update: { replication: null },
  replace: { name: 'shop-copied-2' },
  emulator: 'it keeps little of a replication and rewrites the rest',
})
