/** The host in a process of its own, and the ways in which everything of it can die. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { listProcesses } from '#local/process/identity.ts'

const script = fileURLToPath(new URL('host-process.ts', import.meta.url))

export interface Host<Served> {
  readonly child: ChildProcess
  readonly served: Served
}

/** Starts the process and waits for nothing. */
export const spawnHost = (what: string, folder: string) =>
  spawn(process.execPath, [script, what, folder], { stdio: ['ignore', 'pipe', 'inherit'] })

/** Starts the process and resolves with what it serves, or `{ refused }`. */
export const startHost = async <Served>(what: string, folder: string): Promise<Host<Served>> => {
  const child = spawnHost(what, folder)
  const lines = createInterface({ input: child.stdout })
  const [line] = (await once(lines, 'line')) as [string]
  return { child, served: JSON.parse(line) as Served }
}

export const kill = async (child: ChildProcess): Promise<void> => {
  child.kill('SIGKILL')
  await once(child, 'exit')
}

export const pidsOf = (fits: (command: string) => boolean): number[] =>
  listProcesses()
    .filter(({ command, pid }) => pid !== process.pid && fits(command))
    .map(({ pid }) => pid)

/** Kills the watch that would end `pid` when its server dies: as if all were killed in the same instant. */
export const killWatch = (pid: number): void => {
  for (const watch of pidsOf((command) => command.includes(`iasql-watch ${pid} `)))
    process.kill(watch, 'SIGKILL')
}

export const until = async (holds: () => boolean | Promise<boolean>, timeoutMs = 20_000): Promise<void> => {
  const deadline = performance.now() + timeoutMs
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${holds.toString()}`)
    await delay(20)
  }
}
