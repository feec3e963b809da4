/** The tables of a schema as rows are copied between them: by name, with their columns in order. */
import type { Queryable } from '../database.ts'
import { progressTables } from './progress.ts'

export interface MovedColumn {
  readonly name: string
  /** Its value follows from others, and is not written. */
  readonly generated: boolean
}

export interface MovedTable {
  readonly name: string
  readonly blocks: number
  readonly columns: readonly MovedColumn[]
}

/** At some 4 KB of columns a table, this many fit one result. */
const atATime = 50

export async function movedTables(db: Queryable, schema: string): Promise<readonly MovedTable[]> {
  const found: MovedTable[] = []
  for (;;) {
    const page = await db.query<MovedTable>(
      `SELECT c.relname::text AS name,
         pg_catalog.pg_relation_size(c.oid) / current_setting('block_size')::bigint AS blocks,
         coalesce((SELECT jsonb_agg(jsonb_build_object('name', a.attname, 'generated', a.attgenerated <> '')
           ORDER BY a.attnum) FROM pg_catalog.pg_attribute a
           WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), '[]') AS columns
       FROM pg_catalog.pg_class c
       WHERE c.relnamespace = CAST(:schema AS regnamespace) AND c.relkind = 'r' AND c.relname::text COLLATE "C" > :after
       ORDER BY c.relname::text COLLATE "C" LIMIT ${atATime}`,
      { schema, after: found.at(-1)?.name ?? '' },
    )
    found.push(...page)
    if (page.length < atATime) return found.filter(({ name }) => !isProgress(name))
  }
}

const isProgress = (name: string): boolean => (progressTables as readonly string[]).includes(name)
