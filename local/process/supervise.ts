/** Keeps one server process there: launched again when it ends without being told to, ended when we stop. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import type { Log } from '#operations/ports.ts'
import { type EndStep, endProcess, hasExited } from './end-process.ts'
import { identify } from './identity.ts'

export interface Supervision {
  readonly name: string
  /** The running process. */
  readonly child: ChildProcess
  /** Starts another in its place and resolves when it serves. */
  readonly launchAgain: () => Promise<ChildProcess>
  /** From the gentlest on. */
  readonly endSteps: readonly [EndStep, ...EndStep[]]
  readonly log: Log
}

const attempts = 5
const steadyMs = 60_000

/** Ends the process for good. */
export type Stop = () => Promise<void>

export const supervise = (supervision: Supervision): Stop => {
  const { name, launchAgain, endSteps, log } = supervision
  let failures = 0
  let stopping = false
  let current = supervision.child
  let relaunching: Promise<void> = Promise.resolve()

  const adopt = (child: ChildProcess): void => {
    current = child
    child.unref()
    const startedAt = performance.now()
    const ended = () => {
      if (stopping) return
      if (performance.now() - startedAt > steadyMs) failures = 0
      log('error', `${name} ended unexpectedly; starting it again`, {
        code: child.exitCode,
        signal: child.signalCode,
      })
      relaunching = relaunch()
    }
    if (hasExited(child)) ended()
    else child.once('exit', ended)
  }

  const relaunch = async (): Promise<void> => {
    while (!stopping && failures < attempts) {
      await delay(failures * 500)
      failures += 1
      try {
        return adopt(await launchAgain())
      } catch (error) {
        log('error', `${name} could not be started again`, { error: String(error) })
      }
    }
    if (!stopping) log('error', `${name} ended ${attempts} times in a row; giving up`)
  }

  adopt(current)
  return async () => {
    stopping = true
    await relaunching
    if (!hasExited(current)) await endChild(current, endSteps)
  }
}

const endChild = async (child: ChildProcess, steps: readonly EndStep[]): Promise<void> => {
  child.ref()
  const exited = once(child, 'exit')
  await endProcess(identify(child.pid as number), steps)
  await exited
}
