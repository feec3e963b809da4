/** What a row says of an object. */
import {
  arn,
  boolean,
  choice,
  content,
  double,
  jsonDocument,
  type RowOf,
  reference,
  tags,
  text,
  timestamp,
} from '../kit/index.ts'

const optional = { clearable: true } as const

export const columns = {
  bucket_name: reference('aws_s3.bucket', 'Bucket that it is in.', {
    required: true,
    replaces: 'after',
    by: 'name',
    need: 'exists',
  }),
  key: text('Its name within the bucket, often a path.', {
    required: true,
    replaces: 'after',
    check: 'octet_length({}) BETWEEN 1 AND 1024',
  }),
  content: content(
    "What is stored: text, or bytes such as decode(…, 'base64'). Shows its digest, which is null where S3 has no SHA-256 of it.",
  ),
  content_type: text('Media type, such as text/html.', { default: 'application/octet-stream' }),
  cache_control: text('For how long browsers may keep it, such as max-age=3600.', optional),
  content_disposition: text('Whether browsers show it or save it, and under which name.', optional),
  content_encoding: text('How it is compressed, such as gzip.', optional),
  content_language: text('Language of the content.', optional),
  metadata: jsonDocument('Texts that go with it: {"author": "Ann"}. Names are in lower case.', {
    ...optional,
    check: `jsonb_typeof({}) = 'object' AND NOT jsonb_path_exists({}, '$.keyvalue() ? (@.key like_regex "[A-Z]")')`,
  }),
  storage_class: choice(
    [
      'STANDARD',
      'REDUCED_REDUNDANCY',
      'STANDARD_IA',
      'ONEZONE_IA',
      'INTELLIGENT_TIERING',
      'GLACIER',
      'DEEP_ARCHIVE',
      'GLACIER_IR',
    ],
    'What it costs to keep and to read.',
    { default: 'STANDARD' },
  ),
  encryption: choice(
    ['AES256', 'aws:kms', 'aws:kms:dsse'],
    'How it is encrypted; null: as its bucket says for new ones.',
  ),
  kms_key_id: arn('ARN of the key of KMS, for the encryptions by KMS; null: that of the bucket or of AWS.', {
    check: "{} LIKE 'arn:%'",
  }),
  bucket_key_enabled: boolean('By KMS: a key of the bucket saves calls; null: as its bucket says.'),
  website_redirect: text('Where a site of the bucket sends those who ask for it.', optional),
  e_tag: text('Tag of the content, another one when that changes.', { output: true }),
  version_id: text('Its version, where the bucket keeps versions.', { output: true }),
  bytes: double('Size of the content.', { output: true }),
  last_modified: timestamp('When it was put.', { output: true }),
  tags: tags({ ownCall: [] }),
}

export type Row = RowOf<typeof columns>
