/** Arguments of S3 that no row of these tables says. */
import type { LeftOut } from '../kit/index.ts'

const writes = ['PutObject', 'CopyObject']

export const leftOut: readonly LeftOut[] = [
  {
    of: ['CreateBucket'],
    arguments: ['ACL', 'GrantFullControl', 'GrantRead', 'GrantReadACP', 'GrantWrite', 'GrantWriteACP'],
    because: 'Policies say who may; AWS has switched lists of grants off for new buckets.',
  },
  {
    of: writes,
    arguments: ['ACL', 'GrantFullControl', 'GrantRead', 'GrantReadACP', 'GrantWriteACP'],
    because:
      'Policies say who may; where a bucket still has lists of grants, a change of an object leaves its owner alone in it.',
  },
  {
    of: ['PutBucketLogging'],
    arguments: [
      'BucketLoggingStatus.LoggingEnabled.TargetGrants',
      'BucketLoggingStatus.LoggingEnabled.TargetObjectKeyFormat',
    ],
    because: 'How keys of logs are named, and who else may read them, survives a change of where they go.',
  },
  {
    of: ['CreateBucket'],
    arguments: ['CreateBucketConfiguration.Location', 'CreateBucketConfiguration.Bucket', 'BucketNamespace'],
    because: 'Directory buckets, and buckets whose name is of one account alone, are not made here.',
  },
  {
    of: ['CreateBucket'],
    arguments: ['CreateBucketConfiguration.Tags'],
    because: 'PutBucketTagging says them, also later.',
  },
  {
    of: ['CreateBucket'],
    arguments: ['ObjectLockEnabledForBucket'],
    because:
      'Locks on objects outlast their rows, and nobody may undo them; a bucket that has them is imported.',
  },
  {
    of: writes,
    arguments: [
      ...['ObjectLockMode', 'ObjectLockRetainUntilDate', 'ObjectLockLegalHoldStatus'],
      ...['ObjectLockEventHold', 'ObjectLockEventHoldDurationDays', 'ObjectLockEventHoldDurationYears'],
    ],
    because: 'A bucket with locks gives its objects the lock that it has for new ones.',
  },
  {
    of: ['PutBucketVersioning'],
    arguments: ['VersioningConfiguration.MFADelete', 'MFA'],
    because: 'It needs the code of a device that is in the hands of the root user.',
  },
  {
    of: ['DeleteObjects', 'DeleteObject'],
    arguments: ['MFA'],
    because: 'It needs the code of a device that is in the hands of the root user.',
  },
  {
    of: ['PutBucketEncryption'],
    arguments: ['ServerSideEncryptionConfiguration.Rules.BlockedEncryptionTypes'],
    because:
      'Which kinds of encryption a bucket refuses is as AWS has it for new ones; a change of its encryption makes it so.',
  },
  {
    of: ['PutBucketPolicy'],
    arguments: ['ConfirmRemoveSelfBucketAccess'],
    because: 'A policy that would shut out its own writer is refused by AWS.',
  },
  {
    of: ['PutBucketLifecycleConfiguration'],
    arguments: ['TransitionDefaultMinimumObjectSize'],
    because:
      'Rules move objects of 128 KB and more unless a filter of theirs says otherwise, as AWS has it; a change of the rules makes it so.',
  },
  {
    of: ['PutBucketNotificationConfiguration'],
    arguments: ['SkipDestinationValidation'],
    because: 'AWS tries a destination before it takes it.',
  },
  {
    of: ['PutBucketReplication'],
    arguments: ['Token'],
    because: 'It is for objects that were locked before they were replicated, and comes from AWS support.',
  },
  {
    of: [
      'PutBucketAccelerateConfiguration',
      'PutBucketRequestPayment',
      'PutBucketInventoryConfiguration',
      'PutBucketAnalyticsConfiguration',
      'PutBucketMetricsConfiguration',
      'PutBucketIntelligentTieringConfiguration',
      'PutObjectLockConfiguration',
      'PutBucketAcl',
    ],
    because: 'These settings of a bucket stay as they are.',
  },
  {
    of: writes,
    arguments: ['SSECustomerAlgorithm', 'SSECustomerKey', 'SSECustomerKeyMD5', 'SSEKMSEncryptionContext'],
    because: 'Keys that a caller brings along would be needed for every read as well.',
  },
  {
    of: ['CopyObject'],
    arguments: ['CopySourceSSECustomerAlgorithm', 'CopySourceSSECustomerKey', 'CopySourceSSECustomerKeyMD5'],
    because: 'Keys that a caller brings along would be needed for every read as well.',
  },
  {
    of: ['PutObject'],
    arguments: [
      ...['ContentLength', 'ChecksumCRC32', 'ChecksumCRC32C', 'ChecksumCRC64NVME', 'ChecksumSHA1'],
      ...['ChecksumSHA256', 'ChecksumSHA512', 'ChecksumMD5'],
      ...['ChecksumXXHASH64', 'ChecksumXXHASH3', 'ChecksumXXHASH128'],
    ],
    because: 'The SDK reckons the length and the SHA-256 of what it sends.',
  },
  {
    of: ['PutObject'],
    arguments: ['WriteOffsetBytes'],
    because: 'Objects are put whole; only directory buckets append to them.',
  },
  {
    of: writes,
    arguments: ['Expires'],
    because:
      'For how long an object may be kept is said by cache_control; a change of an object drops the older header.',
  },
  {
    of: writes,
    arguments: ['IfMatch', 'IfNoneMatch'],
    because: 'What changed in between is found by the sync before a plan.',
  },
  {
    of: ['CopyObject'],
    arguments: [
      ...['CopySourceIfMatch', 'CopySourceIfModifiedSince'],
      ...['CopySourceIfNoneMatch', 'CopySourceIfUnmodifiedSince'],
    ],
    because: 'What changed in between is found by the sync before a plan.',
  },
  {
    of: ['CopyObject'],
    arguments: ['AnnotationDirective'],
    because: 'Annotations go along with a copy, as AWS has it unless told otherwise.',
  },
  {
    of: ['DeleteObject'],
    arguments: ['IfMatch', 'IfMatchLastModifiedTime', 'IfMatchSize'],
    because: 'What changed in between is found by the sync before a plan.',
  },
  {
    of: ['DeleteObjects'],
    arguments: ['Delete.Objects.ETag', 'Delete.Objects.LastModifiedTime', 'Delete.Objects.Size'],
    because: 'A bucket is emptied of whatever there is in it.',
  },
  {
    of: ['DeleteObjects', 'DeleteObject'],
    arguments: ['BypassGovernanceRetention'],
    because: 'What is locked stays, and the delete is refused.',
  },
  {
    of: ['PutObjectTagging', 'DeleteObjectTagging'],
    arguments: ['VersionId'],
    because: 'A row is the current version of an object.',
  },
]
