/** Positions of the sequences of a schema, those of identity columns among them. Safe to repeat. */
import { identifier, literal } from '#engine/ddl/sql-text.ts'
import type { Queryable } from '../database.ts'

interface Position {
  readonly name: string
  /** As text: a bigint may be more than a number holds. */
  readonly last: string
  readonly called: boolean
}

/** One statement reads, and one sets, so many. */
const atATime = 100

export async function copySequences(source: Queryable, target: Queryable, schema: string): Promise<void> {
  let after = ''
  for (;;) {
    const names = await source.query<{ name: string }>(
      `SELECT c.relname::text AS name FROM pg_catalog.pg_class c
       WHERE c.relnamespace = CAST(:schema AS regnamespace) AND c.relkind = 'S' AND c.relname::text COLLATE "C" > :after
       ORDER BY c.relname::text COLLATE "C" LIMIT ${atATime}`,
      { schema, after },
    )
    if (names.length === 0) return
    const asked = names.map(
      ({ name }) =>
        `SELECT ${literal(name)} AS name, last_value::text AS last, is_called AS called FROM ${schema}.${identifier(name)}`,
    )
    const positions = await source.query<Position>(asked.join(' UNION ALL '))
    await target.query(
      `SELECT count(pg_catalog.setval(CAST(${literal(`${schema}.`)} || pg_catalog.quote_ident(p.name) AS regclass),
         p.last::bigint, p.called)) AS set
       FROM jsonb_to_recordset(:positions::jsonb) AS p (name text, last text, called boolean)`,
      { positions: JSON.stringify(positions) },
    )
    after = names.at(-1)?.name ?? ''
  }
}
