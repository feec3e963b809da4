/** Failed attempts to sign in, counted by where they come from. */
import type { Queryable } from '../database.ts'

export interface FailureLimit {
  /** Failures within the window that are too many. */
  readonly most: number
  /** Length of the window, and of the time for which the source is refused after it. */
  readonly seconds: number
}

/** Seconds for which one of the sources is still refused; 0: none is. */
export async function refusedSeconds(db: Queryable, sources: readonly string[]): Promise<number> {
  const [found] = await db.query<{ seconds: number }>(
    `SELECT coalesce(max(ceil(extract(epoch FROM refused_until - pg_catalog.now()))), 0)::int AS seconds
     FROM iasql_platform.sign_in_failure
     WHERE refused_until > pg_catalog.now()
       AND source IN (SELECT value FROM jsonb_array_elements_text(CAST(:sources AS jsonb)))`,
    { sources: JSON.stringify(sources) },
  )
  return found?.seconds ?? 0
}

export async function insertFailure(
  db: Queryable,
  sources: readonly string[],
  { most, seconds }: FailureLimit,
): Promise<void> {
  await db.run(
    `INSERT INTO iasql_platform.sign_in_failure AS f (source, failures, since)
     SELECT DISTINCT value, 1, pg_catalog.now() FROM jsonb_array_elements_text(CAST(:sources AS jsonb))
     ORDER BY value
     ON CONFLICT (source) DO UPDATE SET
       failures = CASE WHEN f.since < pg_catalog.now() - make_interval(secs => :seconds::int) THEN 1 ELSE f.failures + 1 END,
       since = CASE WHEN f.since < pg_catalog.now() - make_interval(secs => :seconds::int) THEN pg_catalog.now() ELSE f.since END,
       refused_until = CASE WHEN f.since >= pg_catalog.now() - make_interval(secs => :seconds::int) AND f.failures + 1 >= :most::int
         THEN pg_catalog.now() + make_interval(secs => :seconds::int) ELSE f.refused_until END`,
    { sources: JSON.stringify(sources), most, seconds },
  )
}

export async function deleteOldFailures(db: Queryable): Promise<void> {
  await db.run(
    "DELETE FROM iasql_platform.sign_in_failure WHERE greatest(since, refused_until) < pg_catalog.now() - interval '1 hour'",
  )
}
