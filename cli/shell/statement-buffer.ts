/** What was typed and not yet sent: ends at a semicolon, and a transaction at its COMMIT or ROLLBACK. */
import { type OpenReason, scanStatements } from './scan-statements.ts'

export interface StatementBuffer {
  /** Adds a line; gives the text that is ready to be sent, if any. */
  add(line: string): string | undefined
  /** Everything, ready or not; the buffer is empty afterwards. */
  take(): string
  readonly isEmpty: boolean
  /** BEGIN was typed, and not yet its end. */
  readonly isInTransaction: boolean
  /** As psql: `=` for a new statement, else why the one typed is not complete. */
  readonly prompt: '=' | OpenReason
}

export function statementBuffer(): StatementBuffer {
  let text = ''
  let open: OpenReason | undefined
  let isInTransaction = false

  const clear = (rest = ''): void => {
    text = rest
    open = scanStatements(rest).open
    isInTransaction = false
  }
  return {
    add: (line) => {
      text += `${line}\n`
      const scan = scanStatements(text)
      open = scan.open
      isInTransaction = scan.statements.reduce(transactionAfter, false)
      if (scan.statements.length === 0 || isInTransaction) {
        if (scan.statements.length === 0 && open === undefined) clear()
        return undefined
      }
      const ready = text.slice(0, scan.rest)
      clear(open === undefined ? '' : text.slice(scan.rest))
      return ready
    },
    take: () => {
      const all = text
      clear()
      return all
    },
    get isEmpty() {
      return text === ''
    },
    get isInTransaction() {
      return isInTransaction
    },
    get prompt() {
      return open ?? '='
    },
  }
}

function transactionAfter(isOpen: boolean, [first, second, third, fourth]: readonly string[]): boolean {
  if (first === 'BEGIN' || (first === 'START' && second === 'TRANSACTION')) return true
  if (!['COMMIT', 'END', 'ABORT', 'ROLLBACK'].includes(first ?? '')) return isOpen
  const isChained = (second === 'AND' && third === 'CHAIN') || (third === 'AND' && fourth === 'CHAIN')
  const isToSavepoint = first === 'ROLLBACK' && (second === 'TO' || third === 'TO')
  return isOpen && (isChained || isToSavepoint)
}
