/** Events as the JSON texts that are stored and sent: each at most 48 KiB, so that it can be read back as one row. */
import type { RunEvent, StatementSummary } from '#websocket/messages.ts'
import type { TextRow } from '../statement/record-text.ts'

export type EncodedEvent = string

/** Bytes of rows in one event. */
const rowBytes = 46_000
/** UTF-16 units of a piece of a row: at most three bytes each in UTF-8, and at most twice as many once quoted. */
const pieceUnits = 15_000
const summariesAnEvent = 300

export const encodeEvent = (event: RunEvent): EncodedEvent => JSON.stringify(event)

export const encodeAccepted = (statements: readonly StatementSummary[]): readonly EncodedEvent[] => {
  const events: EncodedEvent[] = []
  for (let at = 0; at === 0 || at < statements.length; at += summariesAnEvent) {
    events.push(encodeEvent({ type: 'accepted', statements: statements.slice(at, at + summariesAnEvent) }))
  }
  return events
}

/** Cuts without parting a surrogate pair, whose halves no database takes. */
function* pieces(text: string): Generator<string> {
  for (let at = 0; at < text.length; ) {
    let end = Math.min(at + pieceUnits, text.length)
    const last = text.charCodeAt(end - 1)
    if (end < text.length && last >= 0xd800 && last <= 0xdbff) end--
    yield text.slice(at, end)
    at = end
  }
}

/** Rows that fit a message, or the pieces of one that does not. */
export type RowChunk =
  | { readonly kind: 'rows'; readonly count: number; readonly json: string }
  | { readonly kind: 'pieces'; readonly texts: readonly string[] }

/** `most`: rows in one chunk. */
export function* chunkRows(rows: readonly TextRow[], most = Number.POSITIVE_INFINITY): Generator<RowChunk> {
  let texts: string[] = []
  let bytes = 0
  for (const row of rows) {
    const text = JSON.stringify(row)
    const size = Buffer.byteLength(text) + 1
    if (texts.length > 0 && (bytes + size > rowBytes || texts.length >= most)) {
      yield { kind: 'rows', count: texts.length, json: `[${texts.join(',')}]` }
      texts = []
      bytes = 0
    }
    if (size > rowBytes) yield { kind: 'pieces', texts: [...pieces(text)] }
    else {
      texts.push(text)
      bytes += size
    }
  }
  if (texts.length > 0) yield { kind: 'rows', count: texts.length, json: `[${texts.join(',')}]` }
}

export const encodeRows = (statement: number, chunk: RowChunk): readonly EncodedEvent[] =>
  chunk.kind === 'rows'
    ? [`{"type":"rows","statement":${statement},"rows":${chunk.json}}`]
    : chunk.texts.map((text, part) =>
        encodeEvent({ type: 'rows', statement, part, parts: chunk.texts.length, text }),
      )

const onceHead = '{"type":"rows","once":true,'

/** Rows that are stored only until a client has them. */
export const asShownOnce = (event: EncodedEvent): EncodedEvent => event.replace('{"type":"rows",', onceHead)

export const isShownOnce = (event: EncodedEvent): boolean => event.startsWith(onceHead)

export const messageOf = (runId: string, seq: number, event: EncodedEvent): string =>
  `{"runId":"${runId}","seq":${seq},${event.slice(1)}`
