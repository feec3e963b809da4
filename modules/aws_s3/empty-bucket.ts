/** What stands in the way of a bucket's end: its objects, their earlier versions and the marks of deleted ones. */
import { DeleteObjectsCommand, ListObjectVersionsCommand } from '@aws-sdk/client-s3'
import { type CloudApi, IasqlError } from '../kit/index.ts'

/** Pages of a thousand objects that one turn deletes, well within the time of a call. */
const mostPages = 5

/**
 * Whether the bucket is empty; `isForced` deletes some of what is there.
 * @throws IasqlError `cloud/invalid` when it is not empty and nobody has asked to empty it.
 */
export async function emptyBucket(Bucket: string, s3: CloudApi, isForced: boolean): Promise<boolean> {
  for (let page = 0; page < mostPages; page++) {
    const { Versions = [], DeleteMarkers = [] } = await s3.send(ListObjectVersionsCommand, { Bucket })
    const Objects = [...Versions, ...DeleteMarkers].map(({ Key = '', VersionId }) => ({
      Key,
      ...(VersionId === undefined ? {} : { VersionId }),
    }))
    if (Objects.length === 0) return true
    if (!isForced) throw notEmpty(Bucket, Objects.length)
    const { Errors: [refused] = [] } = await s3.send(DeleteObjectsCommand, {
      Bucket,
      Delete: { Objects, Quiet: true },
    })
    if (refused)
      throw new IasqlError(
        'cloud/denied',
        `DeleteObjects: ${refused.Key}: ${refused.Message ?? refused.Code}`,
      )
  }
  return false
}

const notEmpty = (bucket: string, count: number): IasqlError =>
  new IasqlError(
    'cloud/invalid',
    `the bucket ${bucket} is not empty: objects in it, with their versions: ${count >= 1_000 ? '1,000 or more' : count}`,
    {
      hint: 'Delete them and apply again; or take the deletion back, set force_destroy = true, apply, and delete the row again: then they go with it, for good.',
    },
  )
