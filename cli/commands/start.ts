/** `iasql start`: the server on this machine; on a terminal with a prompt, whose end is the server's. */
import { type Command, textOption } from '../command.ts'
import { UsageError } from '../exit.ts'
import { openShell } from '../shell/open-shell.ts'

export const start: Command = {
  summary: 'start the server on this machine; on a terminal with a SQL prompt',
  usage: `iasql start

Embedded PostgreSQL, AWS emulator and socket server, all of them stopped however this ends. Prints one line
"ready <url> …" once it serves. Without a terminal on standard input it serves until SIGTERM or SIGINT.
`,
  options: {},
  run: async (invocation) => {
    const { terminal, positionals } = invocation
    if (positionals.length > 0) throw new UsageError(`start takes no argument: ${positionals.join(' ')}`)
    const { env, stdin, stdout, stderr } = terminal
    const format = textOption(invocation, 'format')
    const { start: startServer } = await import('#local/start.ts')
    const dataDirectory = env.IASQL_DATA_DIR || '.iasql'
    return startServer({
      environment: { ...env },
      stdout,
      stderr,
      ...(stdin.isTTY && stdout.isTTY
        ? { shell: (server) => openShell({ ...server, dataDirectory }, { terminal, format }) }
        : {}),
    })
  },
}
