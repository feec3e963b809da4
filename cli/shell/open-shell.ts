/** The prompt: reads lines until there is something to send, prints what comes back, and starts over. */
import { createInterface, type Interface } from 'node:readline'
import { asNoServer, connect } from '../connect.ts'
import { exitCodes } from '../exit.ts'
import { chooseFormat } from '../output/choose-format.ts'
import type { ServerAddress } from '../server-address.ts'
import type { Terminal } from '../terminal.ts'
import { version } from '../version.ts'
import { openHistory } from './history.ts'
import { privateStatements } from './private-statements.ts'
import { Session } from './session.ts'

interface ShellOptions {
  readonly terminal: Terminal
  /** Name of a format; default as for `iasql sql`. */
  readonly format: string | undefined
}

/** Resolves with the exit code when the user leaves. */
export async function openShell(address: ServerAddress, { terminal, format }: ShellOptions): Promise<number> {
  const makeFormat = chooseFormat(format, terminal)
  const client = await connect(address)
  const isInteractive = Boolean(terminal.stdin.isTTY && terminal.stdout.isTTY)
  const history = isInteractive ? openHistory(terminal) : undefined
  const lines = createInterface({
    input: terminal.stdin,
    terminal: isInteractive,
    prompt: '',
    ...(isInteractive ? { output: terminal.stdout } : {}),
    ...(history ? { history: [...history.lines], historySize: 1_000, removeHistoryDuplicates: true } : {}),
  })
  const session = new Session({
    client,
    makeFormat,
    isInteractive,
    isPlainTable: format === undefined || format === 'table',
    terminal: isInteractive ? { ...outputsOf(terminal), onInterrupt: interruptsOf(lines) } : terminal,
  })
  lines.on('SIGINT', () => onPromptInterrupt(session, lines, terminal))
  if (isInteractive) terminal.stdout.write(`${version()}. Type \\? for help, \\q to leave.\n`)
  try {
    const isPrivate = privateStatements(client)
    const remember = async (typed: readonly string[]): Promise<void> => {
      if (!history || (await isPrivate.has(typed.join('\n')))) return
      for (const line of typed) history.add(line)
    }
    return await readLines(session, lines, remember)
  } catch (error) {
    throw asNoServer(error, address)
  } finally {
    lines.close()
    client.close()
  }
}

async function readLines(
  session: Session,
  lines: Interface,
  remember: (typed: readonly string[]) => Promise<void>,
): Promise<number> {
  const prompt = () => {
    if (!session.isInteractive) return
    lines.setPrompt(session.prompt)
    lines.prompt()
  }
  prompt()
  // Only of a whole statement it can be told whether it writes a secret; of one that was not understood it never can.
  let typed: string[] = []
  for await (const line of lines) {
    typed.push(line)
    await session.take(line)
    if (session.isBlank) {
      if (session.wasUnderstood) await remember(typed)
      typed = []
      session.wasUnderstood = true
    }
    if (session.isOver) return session.exitCode
    prompt()
  }
  await session.end()
  return session.exitCode
}

/** A terminal in raw mode sends no signal: readline sees the key. */
const interruptsOf =
  (lines: Interface): Terminal['onInterrupt'] =>
  (listener) => {
    lines.on('SIGINT', listener)
    return () => lines.off('SIGINT', listener)
  }

const outputsOf = ({ env, stdin, stdout, stderr }: Terminal) => ({ env, stdin, stdout, stderr })

/** Drops what is typed; with nothing typed, the second time leaves. While a statement runs, the run listens itself. */
function onPromptInterrupt(session: Session, lines: Interface, { stdout }: Terminal): void {
  if (session.isRunning) return
  const isBlank = session.isBlank && lines.line === ''
  if (isBlank && session.wasInterrupted) {
    session.leave(exitCodes.interrupted)
    lines.close()
    return
  }
  stdout.write(isBlank ? '\n(Ctrl-C again, Ctrl-D or \\q leaves)\n' : '^C\n')
  session.drop()
  session.wasInterrupted = isBlank
  lines.setPrompt(session.prompt)
  lines.write(null, { ctrl: true, name: 'e' })
  lines.write(null, { ctrl: true, name: 'u' })
  lines.prompt()
}
