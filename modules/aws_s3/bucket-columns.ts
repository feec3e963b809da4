/** What a row says of a bucket; the columns of one part of it are put by one call. */
import {
  arn,
  boolean,
  choice,
  jsonDocument,
  policyDocument,
  type RowOf,
  reference,
  tags,
  text,
  timestamp,
} from '../kit/index.ts'

const ownCall = ['create', 'update'] as const
const publicAccess = { default: true, part: 'publicAccess', ownCall } as const
/** A setting that is there or not. */
const optional = <const Name extends string>(part: Name) => ({ part, ownCall, clearable: true }) as const

export const columns = {
  name: text('Name of the bucket; no other one in the world may have it.', {
    required: true,
    replaces: 'after',
    check: "{} ~ '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$'",
  }),
  block_public_acls: boolean('Refuses ACLs that let everybody in.', publicAccess),
  ignore_public_acls: boolean('Takes no notice of ACLs that let everybody in.', publicAccess),
  block_public_policy: boolean('Refuses a policy that lets everybody in.', publicAccess),
  restrict_public_buckets: boolean('Lets nobody but the account in by a policy for everybody.', publicAccess),
  object_ownership: choice(
    ['BucketOwnerEnforced', 'BucketOwnerPreferred', 'ObjectWriter'],
    'Who owns what others upload; BucketOwnerEnforced: the owner of the bucket, and there are no ACLs.',
    { default: 'BucketOwnerEnforced', part: 'ownership', ownCall: ['update'] },
  ),
  versioning: choice(
    ['Disabled', 'Enabled', 'Suspended'],
    'Whether earlier versions of objects are kept; once they are, it is suspended and never disabled.',
    { default: 'Disabled', part: 'versioning', ownCall },
  ),
  encryption: choice(['AES256', 'aws:kms', 'aws:kms:dsse'], 'How new objects are encrypted.', {
    default: 'AES256',
    part: 'encryption',
    ownCall,
  }),
  kms_key_id: text('Key of KMS that encrypts them: id or ARN; null: that of AWS for this service.', {
    ...optional('encryption'),
  }),
  bucket_key_enabled: boolean('Asks KMS for a key of the bucket instead of one for each object.', {
    default: false,
    part: 'encryption',
    ownCall,
  }),
  policy: policyDocument('Who may do what with the bucket and its objects.', optional('policy')),
  lifecycle_rules: jsonDocument(
    'When objects go, or to which storage: [{"Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 90}}].',
    optional('lifecycle'),
  ),
  cors_rules: jsonDocument(
    'Which pages of other sites may use it: [{"AllowedMethods": ["GET"], "AllowedOrigins": ["https://example.com"]}].',
    optional('cors'),
  ),
  website: jsonDocument(
    'Serves it as a site: {"IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "404.html"}}.',
    optional('website'),
  ),
  logging_bucket_name: reference('aws_s3.bucket', 'Bucket that its access logs go to.', {
    ...optional('logging'),
    by: 'name',
    need: 'exists',
  }),
  logging_prefix: text('What the keys of the logs begin with.', {
    ...optional('logging'),
    with: 'logging_bucket_name',
  }),
  notification: jsonDocument(
    'Who is told of new and deleted objects: {"QueueConfigurations": [{"QueueArn": …, "Events": ["s3:ObjectCreated:*"]}]}.',
    optional('notification'),
  ),
  replication: jsonDocument(
    'Where objects are copied to: {"Role": …, "Rules": […]}; it needs versioning.',
    optional('replication'),
  ),
  force_destroy: boolean(
    'Whether a deletion of the bucket deletes all objects in it first, for good; null: AWS refuses to delete a bucket that is not empty.',
    { unread: true },
  ),
  arn: arn('ARN of the bucket.', { output: true }),
  regional_domain_name: text('Where its objects are served from.', { output: true }),
  created_at: timestamp('When it was made.', { output: true }),
  tags: tags({ part: 'tagging', ownCall }),
}

export type Row = RowOf<typeof columns>
