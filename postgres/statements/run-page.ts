/** Rows beyond `maxRows`, kept so that a client may ask for them page by page. */
import type { Json } from '#engine/model/json.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

/** `pages`: JSON array of `[place, part, parts, body]`; a body is rows, or a piece of one larger than a message. */
export async function insertRunPages(
  db: Queryable,
  { schema: t }: Tenant,
  { runId, statement, pages }: { readonly runId: string; readonly statement: number; readonly pages: string },
): Promise<void> {
  await db.run(
    `INSERT INTO ${t}.iasql_run_page (run_id, statement, place, part, parts, body)
     SELECT :runId::uuid, :statement::int, (p->>0)::int, (p->>1)::int, (p->>2)::int, p->3
     FROM jsonb_array_elements(:pages::jsonb) AS page (p)`,
    { runId, statement, pages },
  )
}

export async function deleteRunPages(
  db: Queryable,
  { schema: t }: Tenant,
  runId: string,
  statement: number,
): Promise<void> {
  await db.run(
    `DELETE FROM ${t}.iasql_run_page WHERE run_id = :runId::uuid AND statement = :statement::int`,
    { runId, statement },
  )
}

/** One piece of a page of the actor's run, and whether another page follows. */
export async function readRunPage(
  db: Queryable,
  { schema: t }: Tenant,
  page: {
    readonly runId: string
    readonly actor: string
    readonly statement: number
    readonly place: number
    readonly part: number
  },
): Promise<{ readonly body: Json; readonly parts: number; readonly has_next: boolean } | undefined> {
  const rows = await db.query<{ body: Json; parts: number; has_next: boolean }>(
    `SELECT body, parts, EXISTS (SELECT FROM ${t}.iasql_run_page n WHERE n.run_id = p.run_id
       AND n.statement = p.statement AND n.place = p.place + 1) AS has_next
     FROM ${t}.iasql_run_page p
     WHERE run_id = :runId::uuid AND statement = :statement::int AND place = :place::int AND part = :part::int
       AND EXISTS (SELECT FROM ${t}.iasql_run r WHERE r.run_id = p.run_id AND r.actor = :actor)`,
    page,
  )
  return rows[0]
}
