/** The command `iasql start`: serves until told to stop, with one ready line on stdout. */
import { relative } from 'node:path'
import { IasqlError } from '#engine/model/error.ts'
import { stderrLog } from './log.ts'
import { endWithNpm } from './process/end-with-npm.ts'
import { readSettings, UsageError } from './settings.ts'
import { type Host, startHost } from './start-host.ts'

export interface StartOptions {
  readonly environment: NodeJS.ProcessEnv
  readonly stdout: { write(text: string): unknown }
  readonly stderr: { write(text: string): unknown }
  /** On a terminal: a prompt against the server just started; its exit code is the command's. */
  readonly shell?: (server: { readonly url: string; readonly token: string }) => Promise<number>
}

/** Resolves with the exit code once everything that was started has stopped. */
export async function start(options: StartOptions): Promise<number> {
  const { stdout, stderr, environment, shell } = options
  const stopAsked = stopSignal()
  const outermost = environment.IASQL_REEXECUTED ? process.ppid : process.pid
  // A stop under way is not cut short: what tells us often tells npm too, which does not wait.
  void stopAsked.promise.then(endWithNpm(outermost, environment.npm_lifecycle_script))
  let host: Host
  try {
    const settings = readSettings(environment)
    host = await startHost({
      settings,
      environment,
      log: stderrLog(settings.logLevel),
      onProgress: (message) => stderr.write(`${message}\n`),
    })
  } catch (error) {
    stopAsked.forget()
    return explain(error, stderr)
  }
  const { serving, foundation, dataDirectory, cloudName } = host
  stdout.write(`ready ${serving.url} (${cloudName}, data in ${relative('', dataDirectory) || '.'})\n`)
  const shellEnded = shell?.({ url: serving.url, token: foundation.token })
  const code = await Promise.race([
    stopAsked.promise.then(() => 0),
    shellEnded ?? new Promise<never>(() => {}),
  ])
  await host.stop()
  stopAsked.forget()
  return code
}

/** A terminal sends Ctrl-C to every process of the group, and parents forward it: what comes within this time is one. */
const oneSignalMs = 500

/** Resolves at the first SIGTERM or SIGINT; the second ends the process at once. */
const stopSignal = () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  let askedAt: number | undefined
  const ask = () => {
    if (askedAt !== undefined && performance.now() - askedAt > oneSignalMs) process.exit(130)
    askedAt ??= performance.now()
    resolve()
  }
  const signals = ['SIGTERM', 'SIGINT'] as const
  for (const signal of signals) process.on(signal, ask)
  return {
    promise,
    forget: () => {
      for (const signal of signals) process.off(signal, ask)
    },
  }
}

const explain = (error: unknown, stderr: StartOptions['stderr']): number => {
  if (error instanceof UsageError) {
    stderr.write(`iasql: ${error.message}\n`)
    return 64
  }
  const hint = error instanceof IasqlError ? `\n${error.hint}` : ''
  stderr.write(`iasql: ${error instanceof Error ? error.message : String(error)}${hint}\n`)
  return error instanceof IasqlError && error.code === 'host/usage' ? 64 : 1
}
