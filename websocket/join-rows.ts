/** Puts a row that was larger than a message together again. */
import type { RunMessage } from './messages.ts'

/** A run's message as a reader gets it: rows are always whole. */
export type JoinedMessage = Exclude<RunMessage, { readonly part: number }>

type Row = readonly (string | null)[]

/** Feeds a run's messages in order; a piece that is not the last gives nothing. */
export function rowJoiner(): (message: RunMessage) => JoinedMessage | undefined {
  let pieces: string[] = []
  return (message) => {
    if (!('part' in message)) {
      if (message.type !== 'rows') pieces = []
      return message
    }
    pieces.push(message.text)
    if (pieces.length < message.parts) return undefined
    const row = JSON.parse(pieces.join('')) as Row
    pieces = []
    return {
      type: 'rows',
      runId: message.runId,
      seq: message.seq,
      statement: message.statement,
      rows: [row],
    }
  }
}
