/** Which transactions are committed by now, as text: what they wrote is seen by everything that is read from here on. */
import type { Queryable } from '../database.ts'

export async function readSnapshot(db: Queryable): Promise<string> {
  const [now] = await db.query<{ snapshot: string }>('SELECT pg_current_snapshot()::text AS snapshot')
  if (!now) throw new Error('the database has no snapshot')
  return now.snapshot
}
