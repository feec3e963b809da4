/** Ends processes: gently first, for certain at last; and those we started also when we ourselves are killed. */
import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { isRunning, type ProcessIdentity } from './identity.ts'

export interface EndStep {
  readonly signal: NodeJS.Signals
  readonly waitMs: number
}

const lastStep: EndStep = { signal: 'SIGKILL', waitMs: 5_000 }

/** Sends each step's signal until the process is gone; SIGKILL when no step did it. True when it is gone. */
export const endProcess = async (identity: ProcessIdentity, steps: readonly EndStep[]): Promise<boolean> => {
  for (const { signal, waitMs } of [...steps, lastStep]) {
    if (!isRunning(identity)) return true
    try {
      process.kill(identity.pid, signal)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
    const deadline = performance.now() + waitMs
    while (performance.now() < deadline && isRunning(identity)) await delay(5)
  }
  return !isRunning(identity)
}

export const hasExited = (child: ChildProcess): boolean =>
  child.exitCode !== null || child.signalCode !== null || child.pid === undefined

/**
 * Ends `child` when our process ends in any way, `kill -9` included: a shell waits for the end of a pipe that only we
 * hold. Windows has no such shell; there the next start ends what is left.
 */
export const endWithUs = (child: ChildProcess, signal: NodeJS.Signals): void => {
  if (process.platform === 'win32' || child.pid === undefined) return
  const script = 'trap "" INT TERM HUP; read -r line; kill -s "$2" "$1"'
  const watch = spawn('/bin/sh', ['-c', script, 'iasql-watch', String(child.pid), signal.slice(3)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
  })
  watch.on('error', () => {})
  watch.unref()
  if (watch.stdin && 'unref' in watch.stdin) (watch.stdin as unknown as { unref(): void }).unref()
  child.once('exit', () => watch.kill('SIGKILL'))
}
