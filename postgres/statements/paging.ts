/** Cuts what is written or read into pieces that fit the Data API: a request has 4 MiB, a result 1 MiB, a row 64 KiB. */
import type { Queryable, SqlParameters } from '../database.ts'

const requestBytes = 1_000_000

/** Bytes of rows that one result may carry, with room for the field wrapping of the Data API. */
export const resultBytes = 600_000

export function* inPages<Item>(items: readonly Item[], most = 2_000): Generator<readonly Item[]> {
  let from = 0
  for (const { count } of jsonPages(items, most)) {
    yield items.slice(from, from + count)
    from += count
  }
}

/** The same as the texts of JSON arrays, each item written once. */
export function* jsonPages(
  items: readonly unknown[],
  most = 2_000,
): Generator<{ readonly json: string; readonly count: number }> {
  let texts: string[] = []
  let bytes = 0
  for (const item of items) {
    const text = JSON.stringify(item)
    const size = Buffer.byteLength(text)
    if (texts.length > 0 && (bytes + size > requestBytes || texts.length >= most)) {
      yield { json: `[${texts.join(',')}]`, count: texts.length }
      texts = []
      bytes = 0
    }
    texts.push(text)
    bytes += size
  }
  if (texts.length > 0) yield { json: `[${texts.join(',')}]`, count: texts.length }
}

/**
 * SQL that cuts an ordered query to the first rows whose text fits one result. `query` must give `sort` (the keyset's
 * order) and be limited by itself; the first row always passes.
 */
export const fitting = (query: string): string =>
  `SELECT * FROM (
     SELECT q.*, row_number() OVER (ORDER BY q.sort) AS page_row,
       sum(octet_length(q::text)) OVER (ORDER BY q.sort) AS page_bytes FROM (${query}) q) f
   WHERE f.page_bytes < ${resultBytes} OR f.page_row = 1 ORDER BY f.sort`

/** Bytes of a text that fits a row, and characters of a piece of a longer one: four bytes each. */
const rowBytes = 60_000
const pieceLength = 15_000

/** Pieces of one row that alone is too large for a result; at four bytes a character they fit. */
const piecesAtOnce = 10

/**
 * Each row as one text, made once; cut to what fits a result, and long texts into pieces that fit a row. Of a first row
 * that is too large for a result so many pieces, beginning with `from`.
 */
const inPieces = (query: string, from: number): string => `
  WITH record AS MATERIALIZED (SELECT x.sort, row_to_json(x.*)::text AS body FROM (${query}) x),
  sized AS (
    SELECT body, octet_length(body) AS size, sum(octet_length(body)) OVER (ORDER BY sort) AS bytes,
      row_number() OVER (ORDER BY sort) AS place FROM record),
  fitting AS MATERIALIZED (
    SELECT place, size, CASE WHEN size >= ${resultBytes} THEN md5(body) || ' ' || length(body) END AS sign,
      CASE WHEN size >= ${resultBytes} THEN substr(body, ${from * pieceLength + 1}, ${piecesAtOnce * pieceLength})
        ELSE body END AS slice
    FROM sized WHERE bytes < ${resultBytes} OR place = 1)
  SELECT place, 0 AS piece, slice AS body, NULL AS sign FROM fitting WHERE size <= ${rowBytes}
  UNION ALL
  SELECT place, piece, substr(slice, piece * ${pieceLength} + 1, ${pieceLength}), sign
  FROM fitting, generate_series(0, (length(slice) - 1) / ${pieceLength}) AS piece WHERE size > ${rowBytes}
  ORDER BY place, piece`

interface Piece {
  readonly place: number
  readonly body: string
  /** Of a row that takes several results: tells whether it is still the same, and its length. */
  readonly sign: string | null
}

const lengthOf = (sign: string): number => Number(sign.split(' ')[1])

/** How often a row may change while it is read. */
const readings = 5

async function readPieces(
  db: Queryable,
  query: string,
  parameters: SqlParameters,
): Promise<readonly Piece[]> {
  for (let reading = 1; ; reading += 1) {
    const pieces = [...(await db.query<Piece>(inPieces(query, 0), parameters))]
    const sign = pieces[0]?.sign
    if (!sign) return pieces
    let isSame = true
    while (isSame && pieces.length * pieceLength < lengthOf(sign)) {
      const more = await db.query<Piece>(inPieces(query, pieces.length), parameters)
      isSame = more.length > 0 && more.every((piece) => piece.sign === sign)
      pieces.push(...more)
    }
    if (isSame) return pieces
    if (reading === readings) throw new Error('a row changes faster than it can be read')
  }
}

export interface FittingRows<Row> {
  readonly rows: readonly Row[]
  /** How many rows of this size fit one result, to ask for next time: what does not fit is computed for nothing. */
  readonly next: number
}

const firstPage = 200
const largestPage = 2_000

/**
 * The first rows of a query that fit one result, at least one, each as large as it may be. `query` must give `sort` (the
 * keyset's order) and be limited by itself; times come as text of their own precision.
 */
export async function readFitting<Row extends object>(
  db: Queryable,
  query: string,
  parameters: SqlParameters,
): Promise<FittingRows<Row>> {
  const texts: string[] = []
  let bytes = 0
  for (const { place, body } of await readPieces(db, query, parameters)) {
    texts[place - 1] = (texts[place - 1] ?? '') + body
    bytes += Buffer.byteLength(body)
  }
  const fit = Math.floor((resultBytes * 0.9 * texts.length) / bytes)
  return { rows: texts.map((text) => JSON.parse(text) as Row), next: Math.max(1, Math.min(largestPage, fit)) }
}

/** All rows of a query that gives `sort`, in its order, those after `:after` and at most `:most`. */
export async function readPages<Row extends { readonly sort: number }>(
  db: Queryable,
  query: string,
  parameters: SqlParameters,
): Promise<readonly Row[]> {
  const all: Row[] = []
  let after = 0
  let most = firstPage
  for (;;) {
    const { rows, next } = await readFitting<Row>(db, query, { ...parameters, after, most })
    const last = rows.at(-1)
    if (!last) return all
    for (const row of rows) all.push(row)
    after = last.sort
    most = next
  }
}
