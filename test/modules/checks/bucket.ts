/** Whether the bucket of a row exists, asked by its name. */
import { HeadBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { type CheckRow, type ClientOf, isThere } from '../check.ts'

export const exists = (row: CheckRow, client: ClientOf): Promise<boolean> =>
  isThere(client(S3Client).send(new HeadBucketCommand({ Bucket: String(row.name) })))
