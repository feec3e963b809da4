/** Whether the object of a row exists, asked by its key, and what is stored under it. */
import { GetObjectCommand, HeadObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { type CheckRow, type ClientOf, isThere } from '../check.ts'

const at = (row: CheckRow) => ({ Bucket: String(row.bucket_name), Key: String(row.key) })

export const exists = (row: CheckRow, client: ClientOf): Promise<boolean> =>
  isThere(client(S3Client).send(new HeadObjectCommand(at(row))))

export async function contentOf(row: CheckRow, client: ClientOf): Promise<Uint8Array> {
  const { Body } = await client(S3Client).send(new GetObjectCommand(at(row)))
  return (await Body?.transformToByteArray()) ?? new Uint8Array()
}
