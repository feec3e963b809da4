/** The dashboard's pages into the bucket that they are served from, with what they have to know of this deployment. */
import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import {
  DeleteObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'

export interface Publication {
  /** Where the pages are. */
  readonly folder: string
  readonly bucket: string
  /** Addresses of the APIs and where people sign in: `config.json`. */
  readonly configuration: Readonly<Record<string, string>>
}

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
}

/** Pages come after what they load, so that no visitor gets a new page with an old script for long. */
const lastFirst = (name: string) => (name.endsWith('.html') ? 1 : 0)

/** Safe to repeat. What an earlier version had and this one has not stays: somebody may be looking at it. */
export async function publishDashboard(
  store: Pick<S3Client, 'send'>,
  { folder, bucket, configuration }: Publication,
): Promise<void> {
  const put = (Key: string, Body: string | Uint8Array) =>
    store.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key,
        Body,
        ContentType: contentTypes[extname(Key)] ?? 'application/octet-stream',
        // A visitor asks each time whether it has changed, and so does CloudFront.
        CacheControl: 'no-cache',
      }),
    )
  await put('config.json', JSON.stringify(configuration))
  const names = await readdir(folder)
  for (const name of names.toSorted((one, other) => lastFirst(one) - lastFirst(other))) {
    await put(name, await readFile(join(folder, name)))
  }
}

/** A bucket goes only when it is empty. */
export async function withdrawDashboard(store: Pick<S3Client, 'send'>, Bucket: string): Promise<void> {
  const { Contents = [] } = await store.send(new ListObjectsV2Command({ Bucket }))
  for (const { Key } of Contents) await store.send(new DeleteObjectCommand({ Bucket, Key }))
}
