/** Starts the server process and waits until it takes connections. */
import { type ChildProcess, spawn } from 'node:child_process'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { IasqlError } from '#engine/model/error.ts'
import { readText } from '../data-directory/private-file.ts'
import { endWithUs, hasExited } from '../process/end-process.ts'
import { type ServerSettings, serverParameters } from './settings.ts'
import { asUser, type SystemUser } from './unprivileged.ts'

export interface Launch extends ServerSettings {
  readonly program: string
  readonly user: SystemUser | undefined
  /** Begun anew at every start. */
  readonly logFile: string
}

/** Recovery after a crash takes as long as there is log to replay. */
const readyWithinMs = 300_000

export const launchPostgres = async (launch: Launch): Promise<ChildProcess> => {
  const log = await open(launch.logFile, 'w', 0o600)
  try {
    const child = spawn(launch.program, serverParameters(launch), {
      ...asUser(launch.user),
      // A group of its own: Ctrl-C at the terminal is for us, and we decide when the database goes.
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    })
    child.on('error', () => {})
    // PostgreSQL's fast shutdown, also when it is still starting.
    endWithUs(child, 'SIGINT')
    await untilReady(child, launch)
    return child
  } finally {
    await log.close()
  }
}

/** The last line of postmaster.pid is the state; pg_ctl looks at the same. */
const isReady = async (child: ChildProcess, cluster: string): Promise<boolean> => {
  const lines = ((await readText(join(cluster, 'postmaster.pid'))) ?? '').split('\n')
  return Number(lines[0]) === child.pid && lines[7]?.trim() === 'ready'
}

const untilReady = async (child: ChildProcess, { cluster, logFile }: Launch): Promise<void> => {
  const deadline = performance.now() + readyWithinMs
  while (!(await isReady(child, cluster))) {
    if (hasExited(child)) throw await notStarted(logFile, 'ended')
    if (performance.now() > deadline) {
      child.kill('SIGQUIT')
      throw await notStarted(logFile, 'is not ready after 5 minutes')
    }
    await delay(5)
  }
}

const notStarted = async (logFile: string, what: string): Promise<IasqlError> => {
  const lines = ((await readText(logFile)) ?? '').trim().split('\n')
  const fatal = lines.filter((line) => /FATAL|PANIC|could not/.test(line)).join('; ')
  return new IasqlError(
    'host/not-started',
    `PostgreSQL ${what}: ${fatal || lines.at(-1) || 'without a word'}`,
    {
      hint: `Read ${logFile}, then start the server again.`,
    },
  )
}
