/** `iasql help [command]`. */
import type { Command } from '../command.ts'
import { exitCodes, UsageError } from '../exit.ts'

const general = `Options of every command:
  --url <url>         server to talk to              (IASQL_URL; else the local one)
  --token <token>     who we are: API token or JWT   (IASQL_TOKEN; else the local server's)
  --tenant <alias>    which tenant, of several       (IASQL_TENANT)
  --format <format>   table, json, ndjson or csv     (table on a terminal, ndjson in a pipe)
  -h, --help          this text
  -V, --version       the version

Environment:
  IASQL_DATA_DIR      folder of the local server, default .iasql
  IASQL_PORT          port of the local server, default 8088
  IASQL_HTTP_URL      HTTP API of a server whose socket is on another host: it says why a token is refused

Exit codes: 0 fine, 1 a statement failed, 3 no server or not allowed, 64 wrong usage, 130 interrupted.
`

export const help: Command = {
  summary: 'tell about a command',
  usage: 'iasql help [command]\n',
  options: {},
  run: async ({ positionals: [topic], terminal, commands }) => {
    if (topic === undefined) {
      const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(8)}${summary}`)
      terminal.stdout.write(
        `iasql <command>: AWS infrastructure as PostgreSQL tables\n\n${lines.join('\n')}\n\n`,
      )
      terminal.stdout.write(general)
      return exitCodes.fine
    }
    const command = Object.entries(commands).find(([name]) => name === topic)?.[1]
    if (command === undefined) throw new UsageError(`there is no command "${topic}"`)
    terminal.stdout.write(`${command.usage}\n${general}`)
    return exitCodes.fine
  },
}
