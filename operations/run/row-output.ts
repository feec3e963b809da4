/** Where the rows of a result go: to the client as they come, after the commit, or (beyond `maxRows`) to pages. */
import { IasqlError } from '#engine/model/error.ts'
import { insertRunPages } from '#postgres/statements/run-page.ts'
import {
  asShownOnce,
  chunkRows,
  type EncodedEvent,
  encodeRows,
  type RowChunk,
} from '../events/encode-events.ts'
import type { TextRow } from '../statement/record-text.ts'
import type { OpenRun } from './open-run.ts'

export interface RowOutput {
  add(rows: readonly TextRow[]): Promise<void>
  /** Events that have not been handed on. */
  take(): readonly EncodedEvent[]
  readonly rowCount: number
  /** No more rows are wanted. */
  readonly isFull: boolean
  /** Cursor of the first page beyond `maxRows`. */
  readonly cursor: string | undefined
}

/** Rows beyond `maxRows` are kept up to this many rows or bytes; the rest is not read. */
const mostPagedRows = 50_000
const mostPagedBytes = 16 * 1024 * 1024
/** Rows that leave after the commit wait in memory. */
const mostHeldBytes = 64 * 1024 * 1024

type PagePart = readonly [place: number, part: number, parts: number, body: string]

const pageParts = (chunk: RowChunk, place: number): readonly PagePart[] =>
  chunk.kind === 'rows'
    ? [[place, 0, 1, chunk.json]]
    : chunk.texts.map((text, part) => [place, part, chunk.texts.length, JSON.stringify(text)])

const bytesOf = (events: readonly string[]): number =>
  events.reduce((bytes, event) => bytes + event.length, 0)

/** `isShownOnce`: nothing of the rows is kept for later, so all of them are sent. */
export function openRowOutput(run: OpenRun, statement: number, { isShownOnce = false } = {}): RowOutput {
  const { maxRows: asked = Number.POSITIVE_INFINITY } = run.claimed.options
  const maxRows = isShownOnce ? Number.POSITIVE_INFINITY : asked
  let events: EncodedEvent[] = []
  let heldBytes = 0
  let rowCount = 0
  let pages = 0
  let pagedBytes = 0
  let isFull = false

  const keep = async (rows: readonly TextRow[]): Promise<void> => {
    if (rows.length === 0 || isFull) return
    const parts = [...chunkRows(rows, maxRows)].flatMap((chunk) => pageParts(chunk, ++pages))
    const list = `[${parts.map(([place, part, count, body]) => `[${place},${part},${count},${body}]`).join(',')}]`
    await insertRunPages(run.ports.platform, run.tenant, { runId: run.runId, statement, pages: list })
    pagedBytes += list.length
    isFull = rowCount - maxRows >= mostPagedRows || pagedBytes >= mostPagedBytes
  }
  return {
    add: async (rows) => {
      const room = Math.max(0, maxRows - rowCount)
      rowCount += rows.length
      const sent = rows.length <= room ? rows : rows.slice(0, room)
      const encoded = [...chunkRows(sent)].flatMap((chunk) => encodeRows(statement, chunk))
      const added = isShownOnce ? encoded.map(asShownOnce) : encoded
      events.push(...added)
      heldBytes += bytesOf(added)
      if (heldBytes > mostHeldBytes) {
        const hint =
          'Rows of a statement that writes are sent after its commit; read them by a SELECT of its own.'
        throw new IasqlError('sql/row-too-large', 'the statement returns more than 64 MiB', { hint })
      }
      await keep(rows.slice(sent.length))
    },
    take: () => {
      const taken = events
      events = []
      heldBytes = 0
      return taken
    },
    get rowCount() {
      return rowCount
    },
    get isFull() {
      return isFull
    },
    get cursor() {
      return pages > 0 ? '1' : undefined
    },
  }
}
