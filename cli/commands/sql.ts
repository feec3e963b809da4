/** `iasql sql`: runs statements from the command line, a file or standard input, and leaves with what became of them. */
import { readFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import type { IasqlClient } from '#websocket/client.ts'
import { ClientError } from '#websocket/client-error.ts'
import type { WireError } from '#websocket/messages.ts'
import type { RunStream } from '#websocket/run-stream.ts'
import { type Command, type Invocation, textOption } from '../command.ts'
import { asNoServer, connect } from '../connect.ts'
import { exitCodes, UsageError } from '../exit.ts'
import { chooseFormat } from '../output/choose-format.ts'
import type { Format } from '../output/format.ts'
import { printRun, type RunEnd } from '../print-run.ts'
import { type ServerAddress, serverAddress } from '../server-address.ts'
import type { Terminal } from '../terminal.ts'

export const sql: Command = {
  summary: 'run SQL statements',
  usage: `iasql sql <text…>           runs the statements of the text
iasql sql -f <file>         those of a file; - is standard input
… | iasql sql               those of standard input

The first statement that fails ends the run with exit code 1. Values are PostgreSQL's own text.
  table    aligned columns, as psql
  json     one array, one object a statement: statement, kind, columns, rows (arrays of text or null), tag,
           rowCount, durationMs, or error with sqlstate, message, hint, position; statement is null where the
           text as a whole was refused
  ndjson   one object a row, keyed by column; nothing for statements without rows
  csv      a header and its rows for each statement; NULL is empty, empty text is ""
Ctrl-C cancels the statement, twice leaves.
`,
  options: { file: { type: 'string', short: 'f' } },
  run: async (invocation) => {
    const { terminal } = invocation
    const format = chooseFormat(textOption(invocation, 'format'), terminal)()
    const address = serverAddress(invocation)
    const run = await withOutput(terminal, format, async () => {
      const { text, client, stream } = await begin(invocation, address).catch((error: unknown) => {
        terminal.stdout.write(format.failed({ index: null, kind: undefined }, refusalOf(error)))
        throw error
      })
      try {
        return await printRun(stream, { text, format, terminal })
      } catch (error) {
        throw asNoServer(error, address)
      } finally {
        client.close()
      }
    })
    return codeOf(run)
  },
}

async function begin(invocation: Invocation, address: ServerAddress): Promise<Begun> {
  const text = await statements(invocation)
  const client = await connect(address)
  try {
    return { text, client, stream: client.run(text) }
  } catch (error) {
    client.close()
    throw error
  }
}

interface Begun {
  readonly text: string
  readonly client: IasqlClient
  readonly stream: RunStream
}

/** What kept the text from being sent, for those who read the output and not standard error. */
function refusalOf(error: unknown): WireError {
  if (error instanceof ClientError && error.answer) return error.answer
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof UsageError) return { code: 'client/usage', sqlstate: '22023', message }
  return { code: 'client/unreachable', sqlstate: '08001', message }
}

/** Ends the output whole whatever happens: what reads `json` gets an array also when there is no server. */
async function withOutput(terminal: Terminal, format: Format, work: () => Promise<RunEnd>): Promise<RunEnd> {
  terminal.stdout.write(format.start())
  try {
    return await work()
  } finally {
    if (terminal.stdout.writable) terminal.stdout.write(format.end())
  }
}

function codeOf({ state, isInterrupted }: RunEnd): number {
  if (isInterrupted) return exitCodes.interrupted
  return state === 'succeeded' || state === 'reader left' ? exitCodes.fine : exitCodes.failed
}

async function statements(invocation: Invocation): Promise<string> {
  const { positionals, terminal } = invocation
  const file = textOption(invocation, 'file')
  if (file !== undefined && positionals.length > 0) throw new UsageError('give a text or a file, not both')
  if (positionals.length > 0) return positionals.join(' ')
  if (file === undefined && terminal.stdin.isTTY) {
    throw new UsageError('give SQL as text, with -f <file>, or on standard input; iasql shell is a prompt')
  }
  const isStream = file === undefined || file === '-'
  const name = isStream ? 'standard input' : file
  try {
    return decode(await (isStream ? buffer(terminal.stdin) : readFile(file)))
  } catch (error) {
    throw new UsageError(`cannot read ${name}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** UTF-8 with or without a byte order mark; other bytes are refused rather than run as something else. */
const decode = (bytes: Uint8Array): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Error('it is not UTF-8; convert it first')
  }
}
