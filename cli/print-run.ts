/** One run on the user's terminal: results to standard output; errors, notices and progress to standard error. */
import { ClientError } from '#websocket/client-error.ts'
import type { JoinedMessage } from '#websocket/join-rows.ts'
import type { RunState, WireError } from '#websocket/messages.ts'
import type { RunStream } from '#websocket/run-stream.ts'
import type { Column, Format } from './output/format.ts'
import { errorText, noticeText } from './print-error.ts'
import { progressLine } from './progress-line.ts'
import { type ResultWriter, resultWriter } from './result-writer.ts'
import { type Terminal, written } from './terminal.ts'

export interface RunEnd {
  /** `left`: the user did, by a second Ctrl-C. `reader left`: who reads our output closed it, as `head` does. */
  readonly state: RunState | 'left' | 'reader left'
  /** The user pressed Ctrl-C and the run did not succeed nevertheless. */
  readonly isInterrupted: boolean
}

interface Printing {
  /** The text sent, for the place of an error. */
  readonly text: string
  readonly format: Format
  readonly terminal: Terminal
  /** Told of a result that was cut at `maxRows`. */
  readonly onTruncated?: (rest: Rest) => void
  /** Told of each error of the server. */
  readonly onError?: (error: WireError) => void
}

/** Where a cut result goes on. */
export interface Rest {
  readonly runId: string
  readonly statement: number
  readonly cursor: string
  readonly columns: readonly Column[]
}

const lost: WireError = {
  code: 'client/lost',
  sqlstate: '08006',
  message: 'the connection to the server was lost',
}
const left: WireError = { code: 'client/interrupted', sqlstate: '57014', message: 'left before the end' }

/** Resolves when the run has ended, or the user pressed Ctrl-C for the second time. Rejects with a ClientError. */
export async function printRun(stream: RunStream, printing: Printing): Promise<RunEnd> {
  const { terminal } = printing
  const messages = stream[Symbol.asyncIterator]()
  let interrupts = 0
  let isReaderGone = false
  const onOutputError = () => {
    isReaderGone = true
    stream.cancel()
    void messages.return?.()
  }
  terminal.stdout.on('error', onOutputError)
  const stopListening = terminal.onInterrupt(() => {
    interrupts += 1
    stream.cancel()
    if (interrupts === 1) terminal.stderr.write('Cancelling; Ctrl-C again leaves at once.\n')
    else void messages.return?.()
  })
  try {
    const ended = await follow(messages, printing)
    const state = isReaderGone ? 'reader left' : (ended ?? 'left')
    return { state, isInterrupted: interrupts > 0 && state !== 'succeeded' }
  } finally {
    stopListening()
    terminal.stdout.off('error', onOutputError)
  }
}

/** The state in which the run ended; undefined when the messages stopped before. */
async function follow(
  messages: AsyncIterator<JoinedMessage>,
  printing: Printing,
): Promise<RunState | undefined> {
  const { stdout, stderr } = printing.terminal
  const progress = progressLine(printing.terminal)
  const results = resultWriter(printing.format, (text) => {
    progress.clear()
    if (stdout.writable) stdout.write(text)
  })
  const tellTruncated = truncations(printing)
  let isAccepted = false
  try {
    for await (const message of { [Symbol.asyncIterator]: () => messages }) {
      if (message.type === 'accepted') isAccepted = true
      if (message.type === 'done') {
        if (message.state === 'interrupted') stderr.write(interruptedText)
        return message.state
      }
      if (message.type === 'progress') progress.show(message)
      else {
        progress.clear()
        printMessage(message, results, printing)
      }
      tellTruncated(message)
      if (stdout.writableNeedDrain) await written(stdout)
    }
    results.fail(left)
    return undefined
  } catch (error) {
    results.fail(error instanceof ClientError ? (error.answer ?? lost) : lost)
    progress.clear()
    const isGone = error instanceof ClientError && error.code === 'client/unreachable'
    if (isGone && isAccepted) stderr.write(goneText)
    throw error
  } finally {
    progress.clear()
    results.close()
  }
}

/** Told of each message, tells of results that were cut, with the columns they have. */
function truncations({ onTruncated }: Printing): (message: JoinedMessage) => void {
  let columns: readonly Column[] = []
  return (message) => {
    if (message.type === 'columns') columns = message.columns
    if (message.type !== 'complete' || !message.truncated || message.cursor === undefined) return
    const { runId, statement, cursor } = message
    onTruncated?.({ runId, statement, cursor, columns })
  }
}

const interruptedText =
  'ERROR:  the run was interrupted on the server; what it committed stays, the rest was not done\n'

const goneText =
  'ERROR:  the server went away before the run had ended; an apply, commit or sync that it had begun goes on when it is back: ' +
  'SELECT * FROM iasql_execution ORDER BY started_at DESC tells what became of it\n'

function printMessage(message: JoinedMessage, results: ResultWriter, printing: Printing): void {
  const { text, terminal } = printing
  const { voidsWritten } = results.receive(message)
  if (message.type === 'notice') terminal.stderr.write(noticeText(message))
  if (message.type === 'error') {
    printing.onError?.(message.error)
    terminal.stderr.write(errorText(message.error, text))
  }
  if (voidsWritten) terminal.stderr.write('NOTICE:  the statement is run again; its rows so far are void\n')
}
