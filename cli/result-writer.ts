/** From a run's messages to a format's text: holds the first rows of a statement back, for widths and in case they are void. */
import type { JoinedMessage } from '#websocket/join-rows.ts'
import type { StatementSummary, WireError } from '#websocket/messages.ts'
import type { Column, Format, Row, Statement } from './output/format.ts'

export interface ResultWriter {
  /** `voidsWritten`: the statement is run again, and rows of it are out that nothing can take back. */
  receive(message: JoinedMessage): { readonly voidsWritten: boolean }
  /** Ends what is unfinished with an error. */
  fail(error: WireError): void
  close(): void
}

/** A result is held until it is complete, or this large, or this old. */
const heldRows = 1_000
const heldCharacters = 256 * 1024
const heldMs = 250

interface Current {
  readonly statement: Statement
  readonly columns: readonly Column[]
  held: Row[]
  size: number
  isWritten: boolean
}

export function resultWriter(format: Format, write: (text: string) => void): ResultWriter {
  let summaries: readonly StatementSummary[] = []
  let current: Current | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  const statementOf = (index: number | undefined): Statement => ({
    index: index ?? null,
    kind: index === undefined ? undefined : summaries[index]?.kind,
  })
  const flush = (): void => {
    clearTimeout(timer)
    if (current === undefined || current.isWritten) return
    const { statement, columns, held } = current
    current.isWritten = true
    current.held = []
    write(format.head(statement, columns, held))
  }
  const begin = (statement: Statement, columns: readonly Column[]): void => {
    current = { statement, columns, held: [], size: 0, isWritten: false }
    timer = setTimeout(flush, heldMs)
  }
  const take = (rows: readonly Row[]): void => {
    if (current === undefined) return
    if (current.isWritten) {
      write(format.rows(rows))
      return
    }
    for (const row of rows) {
      current.held.push(row)
      for (const value of row) current.size += value?.length ?? 0
    }
    if (current.held.length >= heldRows || current.size >= heldCharacters) flush()
  }
  const finish = (text: () => string): void => {
    flush()
    current = undefined
    write(text())
  }
  const reset = (): boolean => {
    const wasWritten = current?.isWritten ?? false
    clearTimeout(timer)
    current = undefined
    if (wasWritten) write(format.voided())
    return wasWritten
  }

  return {
    receive: (message) => {
      if (message.type === 'accepted') summaries = message.statements
      else if (message.type === 'columns') begin(statementOf(message.statement), message.columns)
      else if (message.type === 'rows') take(message.rows)
      else if (message.type === 'reset') return { voidsWritten: reset() }
      else if (message.type === 'error') {
        finish(() => format.failed(statementOf(message.statement), message.error))
      } else if (message.type === 'complete') {
        const { statement, tag, rowCount, durationMs, truncated = false } = message
        finish(() => format.complete(statementOf(statement), { tag, rowCount, durationMs, truncated }))
      }
      return { voidsWritten: false }
    },
    fail: (error) => {
      const statement = current?.statement ?? statementOf(undefined)
      finish(() => format.failed(statement, error))
    },
    close: () => clearTimeout(timer),
  }
}
