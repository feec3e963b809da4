/** Forgets buckets that nobody drew from for long: a full one at full pace is made again by the next call. */
import type { Queryable } from '../database.ts'

export async function deleteIdleBuckets(db: Queryable): Promise<void> {
  await db.run("DELETE FROM iasql_platform.bucket WHERE filled_at < pg_catalog.now() - interval '1 day'")
}
