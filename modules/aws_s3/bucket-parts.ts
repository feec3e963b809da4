/** What S3 keeps beside a bucket: each setting is read and put by calls of its own. */
import {
  type CORSRule,
  DeleteBucketCorsCommand,
  DeleteBucketLifecycleCommand,
  DeleteBucketPolicyCommand,
  DeleteBucketReplicationCommand,
  DeleteBucketTaggingCommand,
  DeleteBucketWebsiteCommand,
  GetBucketCorsCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketLoggingCommand,
  GetBucketNotificationConfigurationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketReplicationCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  GetBucketWebsiteCommand,
  GetPublicAccessBlockCommand,
  type LifecycleRule,
  type NotificationConfiguration,
  PutBucketCorsCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketLoggingCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketReplicationCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutBucketWebsiteCommand,
  PutPublicAccessBlockCommand,
  type ReplicationConfiguration,
  type WebsiteConfiguration,
} from '@aws-sdk/client-s3'
import { type CloudId, IasqlError, type Json, jsonIn, partOf, tagsFrom } from '../kit/index.ts'
import type { Row } from './bucket-columns.ts'
import { documentOf, inLists, sdkDocument, tagSet, withIds, withoutIds } from './documents.ts'

const part = partOf<Row>()
const at = ({ name = '' }: CloudId) => ({ Bucket: name })

const publicAccess = part({
  read: async (id, s3) => (await s3.send(GetPublicAccessBlockCommand, at(id))).PublicAccessBlockConfiguration,
  toRow: (block) => ({
    block_public_acls: block?.BlockPublicAcls ?? false,
    ignore_public_acls: block?.IgnorePublicAcls ?? false,
    block_public_policy: block?.BlockPublicPolicy ?? false,
    restrict_public_buckets: block?.RestrictPublicBuckets ?? false,
  }),
  write: (id, want, s3) =>
    s3.send(PutPublicAccessBlockCommand, {
      ...at(id),
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: want.block_public_acls,
        IgnorePublicAcls: want.ignore_public_acls,
        BlockPublicPolicy: want.block_public_policy,
        RestrictPublicBuckets: want.restrict_public_buckets,
      },
    }),
})

const ownership = part({
  read: async (id, s3) => (await s3.send(GetBucketOwnershipControlsCommand, at(id))).OwnershipControls,
  // Buckets from before there was such a control have none.
  toRow: (controls) => ({ object_ownership: controls?.Rules?.[0]?.ObjectOwnership ?? 'ObjectWriter' }),
  write: (id, want, s3) =>
    s3.send(PutBucketOwnershipControlsCommand, {
      ...at(id),
      OwnershipControls: { Rules: [{ ObjectOwnership: want.object_ownership }] },
    }),
})

const versioning = part({
  read: async (id, s3) => (await s3.send(GetBucketVersioningCommand, at(id))).Status,
  toRow: (status) => ({ versioning: status ?? ('Disabled' as const) }),
  write: async (id, { versioning: Status }, s3) => {
    if (Status === 'Disabled')
      throw new IasqlError('cloud/invalid', 'a bucket that has versions keeps them', {
        hint: "Set versioning = 'Suspended', which makes no new ones.",
      })
    return s3.send(PutBucketVersioningCommand, { ...at(id), VersioningConfiguration: { Status } })
  },
})

const encryption = part({
  read: async (id, s3) =>
    (await s3.send(GetBucketEncryptionCommand, at(id))).ServerSideEncryptionConfiguration?.Rules?.[0],
  toRow: (rule) => ({
    encryption: (rule?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm ?? 'AES256') as Row['encryption'],
    kms_key_id: rule?.ApplyServerSideEncryptionByDefault?.KMSMasterKeyID ?? null,
    bucket_key_enabled: rule?.BucketKeyEnabled ?? false,
  }),
  write: (id, want, s3) =>
    s3.send(PutBucketEncryptionCommand, {
      ...at(id),
      ServerSideEncryptionConfiguration: {
        Rules: [
          {
            ApplyServerSideEncryptionByDefault: {
              SSEAlgorithm: want.encryption,
              ...(want.kms_key_id === null ? {} : { KMSMasterKeyID: want.kms_key_id }),
            },
            BucketKeyEnabled: want.bucket_key_enabled,
          },
        ],
      },
    }),
})

const policy = part({
  read: async (id, s3) => (await s3.send(GetBucketPolicyCommand, at(id))).Policy,
  toRow: (text) => ({ policy: jsonIn(text) }),
  write: (id, want, s3) =>
    want.policy === null
      ? s3.send(DeleteBucketPolicyCommand, at(id))
      : s3.send(PutBucketPolicyCommand, { ...at(id), Policy: JSON.stringify(want.policy) }),
})

const lifecycle = part({
  read: async (id, s3) => (await s3.send(GetBucketLifecycleConfigurationCommand, at(id))).Rules,
  toRow: (rules) => ({ lifecycle_rules: rules?.length ? withoutIds(documentOf(rules), 'ID') : null }),
  write: (id, { lifecycle_rules: rules }, s3) =>
    rules === null
      ? s3.send(DeleteBucketLifecycleCommand, at(id))
      : s3.send(PutBucketLifecycleConfigurationCommand, {
          ...at(id),
          LifecycleConfiguration: { Rules: sdkDocument<LifecycleRule[]>(withIds(rules, 'ID')) },
        }),
})

const cors = part({
  read: async (id, s3) => (await s3.send(GetBucketCorsCommand, at(id))).CORSRules,
  toRow: (rules) => ({ cors_rules: rules?.length ? documentOf(rules) : null }),
  write: (id, { cors_rules: rules }, s3) =>
    rules === null
      ? s3.send(DeleteBucketCorsCommand, at(id))
      : s3.send(PutBucketCorsCommand, {
          ...at(id),
          CORSConfiguration: { CORSRules: sdkDocument<CORSRule[]>(rules) },
        }),
})

const website = part({
  read: async (id, s3) => {
    const { $metadata: _, ...found } = await s3.send(GetBucketWebsiteCommand, at(id))
    return found
  },
  toRow: (found) => ({ website: found ? documentOf(found) : null }),
  write: (id, want, s3) =>
    want.website === null
      ? s3.send(DeleteBucketWebsiteCommand, at(id))
      : s3.send(PutBucketWebsiteCommand, {
          ...at(id),
          WebsiteConfiguration: sdkDocument<WebsiteConfiguration>(want.website),
        }),
})

const logging = part({
  read: async (id, s3) => (await s3.send(GetBucketLoggingCommand, at(id))).LoggingEnabled,
  toRow: (to) => ({
    logging_bucket_name: to?.TargetBucket ?? null,
    logging_prefix: to?.TargetPrefix || null,
  }),
  // All of it is put at once: how keys are named and who else may read them stays.
  write: (id, { logging_bucket_name: name, logging_prefix: prefix }, s3, seen) =>
    s3.send(PutBucketLoggingCommand, {
      ...at(id),
      BucketLoggingStatus:
        name === null ? {} : { LoggingEnabled: { ...seen, TargetBucket: name, TargetPrefix: prefix ?? '' } },
    }),
})

const notification = part({
  read: async (id, s3) => {
    const { $metadata: _, ...found } = await s3.send(GetBucketNotificationConfigurationCommand, at(id))
    return found
  },
  toRow: (found) => {
    const lists = Object.entries(documentOf(found ?? {}) as Record<string, Json>)
    const told = lists.filter(([, list]) => !Array.isArray(list) || list.length > 0)
    const shown = inLists(Object.fromEntries(told), (list) => withoutIds(list, 'Id'))
    return { notification: told.length > 0 ? shown : null }
  },
  write: (id, want, s3) =>
    s3.send(PutBucketNotificationConfigurationCommand, {
      ...at(id),
      NotificationConfiguration:
        want.notification === null
          ? {}
          : sdkDocument<NotificationConfiguration>(inLists(want.notification, (list) => withIds(list, 'Id'))),
    }),
})

const replication = part({
  read: async (id, s3) => (await s3.send(GetBucketReplicationCommand, at(id))).ReplicationConfiguration,
  toRow: (found) => ({
    replication: found ? inLists(documentOf(found), (list) => withoutIds(list, 'ID')) : null,
  }),
  write: (id, want, s3) =>
    want.replication === null
      ? s3.send(DeleteBucketReplicationCommand, at(id))
      : s3.send(PutBucketReplicationCommand, {
          ...at(id),
          ReplicationConfiguration: sdkDocument<ReplicationConfiguration>(
            inLists(want.replication, (list) => withIds(list, 'ID')),
          ),
        }),
})

/** All tags are put at once: those that nobody sees here stay. */
const tagging = part({
  read: async (id, s3) => (await s3.send(GetBucketTaggingCommand, at(id))).TagSet,
  toRow: (set) => ({ tags: tagsFrom(set) }),
  write: (id, want, s3, seen) => {
    const TagSet = tagSet(seen, want.tags)
    return TagSet.length === 0
      ? s3.send(DeleteBucketTaggingCommand, at(id))
      : s3.send(PutBucketTaggingCommand, { ...at(id), Tagging: { TagSet } })
  },
})

/** In the order in which they are put, and against it removed: a policy may need the block lifted, replication needs versions. */
export const bucketParts = {
  publicAccess,
  ownership,
  versioning,
  encryption,
  policy,
  lifecycle,
  cors,
  website,
  logging,
  notification,
  replication,
  tagging,
}
