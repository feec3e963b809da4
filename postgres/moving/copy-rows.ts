/**
 * Copies the rows of one table into the same table of another database, in pages, as PostgreSQL's own record text: that is
 * exact for every type. Nobody writes to the source meanwhile, so the places of its rows are an order that lasts.
 */
import { columnList, identifier } from '#engine/ddl/sql-text.ts'
import type { Queryable, SqlParameters } from '../database.ts'
import { pieces } from '../pieces.ts'
import { readFitting } from '../statements/paging.ts'
import type { MovedTable } from './moved-tables.ts'
import { goOn, type Making, type Place, placeOf } from './progress.ts'

interface CopiedRow {
  /** `(block,number)` */
  readonly sort: string
  readonly line: string
}

/** Blocks that one statement looks through; more of them where there was nothing. */
const window = 64
const widest = 65_536
const firstPage = 100

export const rowsStep = (table: string): string => `rows of "${table}"`

export interface Copying {
  readonly source: Queryable
  readonly target: Making
  /** Called between pages; throws when it is time to stop. */
  readonly pause: () => Promise<void>
}

/** `table`: with the columns in the target's order. */
export async function copyRows({ source, target, pause }: Copying, table: MovedTable): Promise<void> {
  const { db, schema } = target
  const step = rowsStep(table.name)
  let place = await placeOf(db, schema, step)
  let most = firstPage
  let wide = window
  while (place?.isDone !== true) {
    await pause()
    const from = place?.at ?? '(0,0)'
    const until = blockOf(from) + wide
    const { rows, next } = await readFitting<CopiedRow>(source, pageSql(schema, table), {
      after: from,
      until: `(${until},0)`,
      most,
    })
    const to = placeAfter(rows, { until, blocks: table.blocks })
    const isMine = await writePage(target, table, { step, from: place, to, rows })
    place = isMine ? to : await placeOf(db, schema, step)
    if (rows.length > 0) most = next
    wide = rows.length > 0 ? window : Math.min(wide * 2, widest)
  }
}

/** A window that gave nothing is behind us; one that gave rows may have more. */
function placeAfter(
  rows: readonly CopiedRow[],
  { until, blocks }: { readonly until: number; readonly blocks: number },
): Place {
  const last = rows.at(-1)
  if (last) return { at: last.sort, isDone: false }
  return { at: `(${until},0)`, isDone: until >= blocks }
}

const blockOf = (place: string): number => Number(place.slice(1).split(',')[0])

const pageSql = (schema: string, { name, columns }: MovedTable): string =>
  `SELECT r.ctid AS sort, ROW(${columns.map((column) => `r.${identifier(column.name)}`).join(', ')})::text AS line
   FROM ${schema}.${identifier(name)} r
   WHERE r.ctid > CAST(:after AS tid) AND r.ctid < CAST(:until AS tid) ORDER BY r.ctid LIMIT :most::bigint`

interface Page {
  readonly step: string
  readonly from: Place | undefined
  readonly to: Place
  readonly rows: readonly CopiedRow[]
}

/** False when somebody else has written it. */
const writePage = ({ db, schema }: Making, table: MovedTable, page: Page): Promise<boolean> =>
  db.transaction(async (transaction) => {
    if (!(await goOn(transaction, schema, page))) return false
    if (page.rows.length === 0) return true
    const lines = JSON.stringify(page.rows.map(({ line }) => line))
    const { sql, parameters } = await carried(transaction, schema, lines)
    const written = await transaction.run(insertSql(schema, table, sql), parameters)
    if (written !== page.rows.length)
      throw new Error(`${page.rows.length} rows of ${table.name} became ${written}`)
    return true
  })

/** Texts above it go ahead in pieces of so many characters: a row may be larger than a request. */
const pieceLength = 250_000

/** SQL of the lines as JSON. A login of a tenant may not make temporary tables. */
async function carried(
  transaction: Queryable,
  schema: string,
  lines: string,
): Promise<{ readonly sql: string; readonly parameters: SqlParameters }> {
  if (lines.length <= pieceLength * 4) return { sql: ':lines::jsonb', parameters: { lines } }
  await transaction.run(`DELETE FROM ${schema}.iasql_moving_piece`)
  for (const [part, body] of pieces(lines, pieceLength).entries()) {
    await transaction.run(`INSERT INTO ${schema}.iasql_moving_piece VALUES (:part::int, :body)`, {
      part,
      body,
    })
  }
  const sql = `(SELECT string_agg(p.body, '' ORDER BY p.part) FROM ${schema}.iasql_moving_piece p)::jsonb`
  return { sql, parameters: {} }
}

/** `lines`: SQL of a JSON array of record texts. Columns that are always generated get what they had as well. */
function insertSql(schema: string, { name, columns }: MovedTable, lines: string): string {
  const table = `${schema}.${identifier(name)}`
  const written = columns.filter(({ generated }) => !generated).map((column) => column.name)
  const given = `FROM jsonb_array_elements_text(${lines}) WITH ORDINALITY AS g (line, place)`
  if (written.length === 0) return `INSERT INTO ${table} SELECT ${given}`
  return `INSERT INTO ${table} (${columnList(written)}) OVERRIDING SYSTEM VALUE
    SELECT ${written.map((column) => `(r.record).${identifier(column)}`).join(', ')} ${given}
    CROSS JOIN LATERAL (SELECT CAST(g.line AS ${table}) AS record OFFSET 0) r ORDER BY g.place`
}
