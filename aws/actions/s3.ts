/**
 * Buckets and objects, whose actions are seldom called as the operations are.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
 */
import { anything, passingRole, type ServiceActions, same } from './action-group.ts'

const buckets = ['arn:${Partition}:s3:::*']
const objects = ['arn:${Partition}:s3:::*/*']

export const s3Actions: ServiceActions = {
  service: 'S3',
  groups: [
    { on: anything, actions: { ListBuckets: ['s3:ListAllMyBuckets'] } },
    {
      on: buckets,
      actions: {
        ...same(
          's3',
          'DeleteBucket',
          'DeleteBucketPolicy',
          'DeleteBucketWebsite',
          'GetBucketLogging',
          'GetBucketOwnershipControls',
          'GetBucketPolicy',
          'GetBucketTagging',
          'GetBucketVersioning',
          'GetBucketWebsite',
          'PutBucketLogging',
          'PutBucketOwnershipControls',
          'PutBucketPolicy',
          'PutBucketTagging',
          'PutBucketVersioning',
          'PutBucketWebsite',
        ),
        // The owner of its objects is said while it is made.
        CreateBucket: ['s3:CreateBucket', 's3:PutBucketOwnershipControls'],
        DeleteBucketCors: ['s3:PutBucketCORS'],
        DeleteBucketLifecycle: ['s3:PutLifecycleConfiguration'],
        DeleteBucketReplication: ['s3:PutReplicationConfiguration'],
        DeleteBucketTagging: ['s3:PutBucketTagging'],
        GetBucketCors: ['s3:GetBucketCORS'],
        GetBucketEncryption: ['s3:GetEncryptionConfiguration'],
        GetBucketLifecycleConfiguration: ['s3:GetLifecycleConfiguration'],
        GetBucketNotificationConfiguration: ['s3:GetBucketNotification'],
        GetBucketReplication: ['s3:GetReplicationConfiguration'],
        GetPublicAccessBlock: ['s3:GetBucketPublicAccessBlock'],
        // Without it a missing object is a refusal.
        HeadObject: ['s3:ListBucket'],
        ListObjectVersions: ['s3:ListBucketVersions'],
        ListObjectsV2: ['s3:ListBucket'],
        PutBucketCors: ['s3:PutBucketCORS'],
        PutBucketEncryption: ['s3:PutEncryptionConfiguration'],
        PutBucketLifecycleConfiguration: ['s3:PutLifecycleConfiguration'],
        PutBucketNotificationConfiguration: ['s3:PutBucketNotification'],
        PutBucketReplication: ['s3:PutReplicationConfiguration'],
        PutPublicAccessBlock: ['s3:PutBucketPublicAccessBlock'],
      },
    },
    {
      on: objects,
      actions: {
        ...same('s3', 'DeleteObjectTagging', 'GetObjectTagging', 'PutObjectTagging'),
        CopyObject: ['s3:GetObject', 's3:GetObjectTagging', 's3:PutObject', 's3:PutObjectTagging'],
        DeleteObject: ['s3:DeleteObject', 's3:DeleteObjectVersion'],
        DeleteObjects: ['s3:DeleteObject', 's3:DeleteObjectVersion'],
        HeadObject: ['s3:GetObject'],
        PutObject: ['s3:PutObject', 's3:PutObjectTagging'],
      },
    },
    passingRole(['s3.amazonaws.com'], 'PutBucketReplication'),
  ],
}
