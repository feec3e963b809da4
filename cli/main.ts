/** From arguments to an exit code: finds the command, reads its options, turns what went wrong into words. */
import { type ParseArgsOptionDescriptor, parseArgs } from 'node:util'
import { ClientError } from '#websocket/client-error.ts'
import type { Command, Options } from './command.ts'
import { deploy } from './commands/deploy.ts'
import { destroy } from './commands/destroy.ts'
import { help } from './commands/help.ts'
import { shell } from './commands/shell.ts'
import { sql } from './commands/sql.ts'
import { start } from './commands/start.ts'
import { tenants } from './commands/tenants.ts'
import { exitCodes, NoServerError, UsageError } from './exit.ts'
import { processTerminal, type Terminal } from './terminal.ts'
import { version } from './version.ts'

const commands = { start, sql, shell, tenants, deploy, destroy, help } satisfies Record<string, Command>

/** Every command takes these. */
const globalOptions = {
  url: { type: 'string' },
  token: { type: 'string' },
  tenant: { type: 'string' },
  format: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'V' },
} as const satisfies Options

/** How long what a command left open may keep the process, milliseconds. */
const lingerMs = 1_000

/** What `iasql.js` calls. */
export async function runProcess(): Promise<void> {
  const terminal = processTerminal()
  const code = await main(process.argv.slice(2), terminal)
  await terminal.flush()
  // Node can lock up in process.exit() while it still compiles in the background: it ends by itself, or is told to later.
  process.exitCode = code
  setTimeout(() => process.exit(), lingerMs).unref()
}

/** Never throws. @example const code = await main(['sql', 'SELECT 1'], processTerminal()) */
export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await runCommand(args, terminal)
  } catch (error) {
    terminal.stderr.write(`${explain(error)}\n`)
    if (error instanceof UsageError) return exitCodes.usage
    return error instanceof NoServerError ? exitCodes.noServer : exitCodes.failed
  }
}

async function runCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  const found = findCommand(args)
  const { values, positionals } = parse(args, { ...globalOptions, ...found?.command.options })
  if (values.version) {
    terminal.stdout.write(`${version()}\n`)
    return exitCodes.fine
  }
  if (values.help || found === undefined || found.command === help) {
    const topic = found?.command === help ? positionals[1] : found?.name
    const code = await help.run({
      values: {},
      positionals: topic === undefined ? [] : [topic],
      terminal,
      commands,
    })
    return found === undefined && !values.help ? exitCodes.usage : code
  }
  return found.command.run({ values, positionals: positionals.slice(1), terminal, commands })
}

/** The first word that is no option, nor the value of one. */
function findCommand(args: readonly string[]): { name: string; command: Command } | undefined {
  const options: Options = Object.assign({}, globalOptions, ...Object.values(commands).map((c) => c.options))
  const { positionals } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true })
  const [name] = positionals
  if (name === undefined) return undefined
  const command = Object.entries(commands).find(([known]) => known === name)?.[1]
  if (command === undefined) throw new UsageError(`there is no command "${name}"`)
  return { name, command }
}

type Parsed = {
  readonly values: Readonly<Record<string, string | boolean | undefined>>
  readonly positionals: readonly string[]
}

function parse(args: readonly string[], options: Record<string, ParseArgsOptionDescriptor>): Parsed {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
    return { values: values as Parsed['values'], positionals }
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function explain(error: unknown): string {
  if (error instanceof UsageError) return `iasql: ${error.message}\nSee: iasql help`
  if (error instanceof NoServerError || error instanceof ClientError) return `iasql: ${error.message}`
  return `iasql: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`
}
