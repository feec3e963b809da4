/** Cuts what is written or read into pieces that fit the Data API: a request has 4 MiB, a result 1 MiB, a row 64 KiB. */
const requestBytes = 1_000_000

/** Bytes of rows that one result may carry, with room for the field wrapping of the Data API. */
export const resultBytes = 600_000

export function* inPages<Item>(items: readonly Item[], most = 2_000): Generator<readonly Item[]> {
  let page: Item[] = []
  let bytes = 0
  for (const item of items) {
    const size = Buffer.byteLength(JSON.stringify(item))
    if (page.length > 0 && (bytes + size > requestBytes || page.length >= most)) {
      yield page
      page = []
      bytes = 0
    }
    page.push(item)
    bytes += size
  }
  if (page.length > 0) yield page
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
