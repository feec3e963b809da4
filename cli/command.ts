/** What a command is made of: words for `iasql help`, options for the parser, and a handler. */
import type { ParseArgsOptionDescriptor } from 'node:util'
import type { Terminal } from './terminal.ts'

export type Options = Record<string, ParseArgsOptionDescriptor>

export interface Invocation {
  readonly values: Readonly<Record<string, string | boolean | undefined>>
  /** The words after the command's name. */
  readonly positionals: readonly string[]
  readonly terminal: Terminal
  readonly commands: Readonly<Record<string, Command>>
}

export interface Command {
  /** One line of `iasql help`. */
  readonly summary: string
  /** The page of `iasql help <command>`. */
  readonly usage: string
  readonly options: Options
  /** Resolves to the exit code. */
  run(invocation: Invocation): Promise<number>
}

/** The value of an option that takes text. */
export const textOption = ({ values }: Invocation, name: string): string | undefined => {
  const value = values[name]
  return typeof value === 'string' ? value : undefined
}
