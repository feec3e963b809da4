/** AWS said slower: the burst is gone and the pace halves, for every worker. */
import type { Queryable } from '../database.ts'
import type { BucketName } from './bucket-take.ts'

/** One overrun is answered to many calls at once, and counts once. */
const onceInSeconds = 1
const slowest = 0.1

/** The pace in force from now on; undefined when an answer of the same second was heeded already. */
export async function slowBucket(db: Queryable, bucket: BucketName): Promise<number | undefined> {
  const [slowed] = await db.query<{ pace: number }>(
    `UPDATE iasql_platform.bucket
     SET pace = greatest(pace / 2, ${slowest}), tokens = least(tokens, 0),
       slowed_at = clock_timestamp(), filled_at = greatest(filled_at, clock_timestamp())
     WHERE account_id = :account AND region = :region AND name = :name
       AND coalesce(slowed_at, '-infinity') <= clock_timestamp() - make_interval(secs => ${onceInSeconds})
     RETURNING pace`,
    { account: bucket.account_id, region: bucket.region, name: bucket.name },
  )
  return slowed?.pace
}
