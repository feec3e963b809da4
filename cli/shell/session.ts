/** One user at one prompt: what is typed, how results look, and where a cut one goes on. */
import type { IasqlClient } from '#websocket/client.ts'
import { exitCodes } from '../exit.ts'
import { expandedFormat } from '../output/expanded.ts'
import type { Format } from '../output/format.ts'
import { printRun, type Rest } from '../print-run.ts'
import type { Terminal } from '../terminal.ts'
import { type BackslashCommand, backslashCommand, backslashHelp } from './backslash-commands.ts'
import { statementBuffer } from './statement-buffer.ts'

interface SessionOptions {
  readonly client: IasqlClient
  readonly terminal: Terminal
  readonly makeFormat: () => Format
  readonly isInteractive: boolean
  /** Results may be turned by `\x`, and are cut at a screenful or some. */
  readonly isPlainTable: boolean
}

const rowsAtOnce = 1_000
/** Class of the SQLSTATEs that say that a statement is none, or names what is not there. */
const notUnderstood = '42'

export class Session {
  readonly isInteractive: boolean
  isRunning = false
  isOver = false
  exitCode: number = exitCodes.fine
  wasInterrupted = false
  /** False once something was sent that the server could make nothing of. */
  wasUnderstood = true
  readonly #options: SessionOptions
  readonly #typed = statementBuffer()
  #isExpanded = false
  #rest: Rest | undefined

  constructor(options: SessionOptions) {
    this.#options = options
    this.isInteractive = options.isInteractive
  }

  /** As psql's: `=` or why the statement is not complete, `*` inside a transaction. */
  get prompt(): string {
    return `local${this.#typed.prompt}${this.#typed.isInTransaction ? '*' : ''}> `
  }

  get isBlank(): boolean {
    return this.#typed.isEmpty
  }

  /** Takes a line and does what it asks for. Rejects with a ClientError. */
  async take(line: string): Promise<void> {
    this.wasInterrupted = false
    const wantsCommand = line.startsWith('\\') && (this.#typed.isEmpty || this.#typed.prompt === '=')
    if (wantsCommand || line.trim() === '\\r') return this.#obey(backslashCommand(line))
    const ready = this.#typed.add(line)
    if (ready !== undefined) await this.#run(ready, this.#format())
  }

  /** No more lines come: a last statement may lack its semicolon, a transaction may not lack its COMMIT. */
  async end(): Promise<void> {
    if (this.isOver) return
    if (this.#typed.isInTransaction) {
      this.#options.terminal.stderr.write('iasql: the transaction had no COMMIT; nothing of it was run\n')
      if (!this.isInteractive) this.exitCode = exitCodes.failed
    } else if (this.isInteractive) this.#options.terminal.stdout.write('\n')
    else if (!this.#typed.isEmpty) await this.#run(this.#typed.take(), this.#format())
  }

  drop(): void {
    if (this.#typed.isInTransaction) {
      this.#options.terminal.stderr.write('The transaction is dropped; nothing of it was run.\n')
    }
    this.#typed.take()
  }

  leave(exitCode: number): void {
    this.isOver = true
    this.exitCode = exitCode
  }

  #format(): Format {
    return this.#options.isPlainTable && this.#isExpanded ? expandedFormat() : this.#options.makeFormat()
  }

  async #obey(command: BackslashCommand): Promise<void> {
    const { stdout, stderr } = this.#options.terminal
    switch (command.kind) {
      case 'quit':
        if (this.#typed.isInTransaction) this.drop()
        return this.leave(this.exitCode)
      case 'help':
        stdout.write(backslashHelp)
        return
      case 'expand':
        this.#isExpanded = !this.#isExpanded
        stdout.write(`Expanded display is ${this.#isExpanded ? 'on' : 'off'}.\n`)
        return
      case 'reset':
        return this.drop()
      case 'more':
        return this.#more()
      case 'query':
        return this.#run(command.sql, orElse(this.#format(), `${command.ifEmpty}\n`))
      case 'unknown':
        stderr.write(`${command.message}\n`)
    }
  }

  async #run(text: string, format: Format): Promise<void> {
    const { client, terminal, isPlainTable } = this.#options
    this.isRunning = true
    this.#rest = undefined
    try {
      terminal.stdout.write(format.start())
      const options = this.isInteractive && isPlainTable ? { maxRows: rowsAtOnce } : {}
      const { state } = await printRun(client.run(text, options), {
        text,
        format,
        terminal,
        onTruncated: (rest) => {
          this.#rest = rest
        },
        onError: ({ sqlstate }) => {
          if (sqlstate.startsWith(notUnderstood)) this.wasUnderstood = false
        },
      })
      if (terminal.stdout.writable) terminal.stdout.write(format.end())
      if (state === 'reader left') this.leave(this.exitCode)
      else if (state === 'left') this.leave(exitCodes.interrupted)
      else if (state !== 'succeeded' && !this.isInteractive) this.exitCode = exitCodes.failed
    } finally {
      this.isRunning = false
    }
  }

  async #more(): Promise<void> {
    const { client, terminal } = this.#options
    if (this.#rest === undefined) {
      terminal.stderr.write('There is no result that was cut.\n')
      return
    }
    const { runId, statement, cursor, columns } = this.#rest
    const page = await client.more(runId, statement, cursor)
    this.#rest = page.next === undefined ? undefined : { runId, statement, cursor: page.next, columns }
    const format = this.#format()
    const head = { index: statement, kind: 'select' }
    const rowCount = page.rows.length
    const completion = {
      tag: `SELECT ${rowCount}`,
      rowCount,
      durationMs: 0,
      truncated: this.#rest !== undefined,
    }
    terminal.stdout.write(format.head(head, columns, page.rows) + format.complete(head, completion))
  }
}

/** The format, with words of our own for a result without rows. */
function orElse(format: Format, ifEmpty: string): Format {
  let head = ''
  return {
    ...format,
    head: (statement, columns, rows) => {
      head = format.head(statement, columns, rows)
      return rows.length === 0 ? '' : head
    },
    rows: (rows) => format.rows(rows),
    complete: (statement, completion) => {
      const tail = format.complete(statement, completion)
      return completion.rowCount === 0 ? ifEmpty : tail
    },
  }
}
