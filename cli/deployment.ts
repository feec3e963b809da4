/** What the commands that deploy and destroy have in common: their options, and how they end. */
import { type Invocation, type Options, textOption } from './command.ts'
import { exitCodes } from './exit.ts'

export const deployOptions = {
  profile: { type: 'string' },
  region: { type: 'string' },
  yes: { type: 'boolean' },
} as const satisfies Options

interface Deployment {
  readonly profile: string | undefined
  readonly region: string | undefined
  readonly isSure: boolean
  readonly tell: (line: string) => void
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** What stands in the way is told in words, without a stack. */
export async function carryOut(
  invocation: Invocation,
  work: (deployment: Deployment) => Promise<boolean>,
): Promise<number> {
  const { stdout, stderr, env } = invocation.terminal
  try {
    const isDone = await work({
      profile: textOption(invocation, 'profile'),
      region: textOption(invocation, 'region'),
      isSure: invocation.values.yes === true,
      tell: (line) => stdout.write(`${line}\n`),
      environment: env,
    })
    return isDone ? exitCodes.fine : exitCodes.failed
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'DeployError') throw error
    stderr.write(`iasql: ${error.message}\n`)
    return exitCodes.failed
  }
}
