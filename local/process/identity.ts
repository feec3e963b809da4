/** Who a process is, so that a number that the system gave to another one is never mistaken for it. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

export interface ProcessIdentity {
  readonly pid: number
  /** When it started, in the words of the system; empty where the system does not tell. */
  readonly startedAt: string
}

/** Whether the number is taken, be it by a process that has ended and that nobody has asked about. */
export const isTaken = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Fields of proc_pid_stat(5) from the third on: the second, the name, may hold spaces and parentheses. */
const linuxFields = (pid: number | string): readonly string[] => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

const linuxStart = (pid: number): string | undefined => {
  const fields = linuxFields(pid)
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined
  return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}:${fields[19]}`
}

const listedStart = (pid: number): string | undefined => {
  const line = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' },
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim()
  return line.startsWith('Z') ? undefined : line.replace(/^\S+\s+/, '')
}

/** Undefined when no such process runs; a zombie does not. */
const startOf = (pid: number): string | undefined => {
  if (!isTaken(pid)) return undefined
  try {
    return process.platform === 'linux' ? linuxStart(pid) : listedStart(pid)
  } catch {
    return isTaken(pid) ? '' : undefined
  }
}

export const identify = (pid: number): ProcessIdentity => ({ pid, startedAt: startOf(pid) ?? '' })

export const isRunning = ({ pid, startedAt }: ProcessIdentity): boolean => {
  const start = startOf(pid)
  return start !== undefined && (start === startedAt || start === '' || startedAt === '')
}

/** Reads what `identify` gave and a file kept; undefined for anything else. */
export const readIdentity = (value: unknown): ProcessIdentity | undefined => {
  const { pid, startedAt } = (value ?? {}) as Partial<Record<keyof ProcessIdentity, unknown>>
  if (!Number.isSafeInteger(pid) || (pid as number) <= 0 || typeof startedAt !== 'string') return undefined
  return { pid: pid as number, startedAt }
}

export interface RunningProcess {
  readonly pid: number
  readonly parent: number
  /** Its command line. */
  readonly command: string
}

/** Every process we may see. A container lets root read their command lines, but not another's directories. */
export const listProcesses = (): readonly RunningProcess[] => {
  if (process.platform === 'win32') return []
  if (process.platform === 'linux') return readdirSync('/proc').flatMap(linuxProcess)
  const lines = execFileSync('ps', ['-axo', 'pid=,ppid=,command='], { encoding: 'utf8' }).split('\n')
  return lines.flatMap((line) => {
    const [, pid, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? []
    return command ? [{ pid: Number(pid), parent: Number(parent), command }] : []
  })
}

const linuxProcess = (entry: string) => {
  if (!/^\d+$/.test(entry)) return []
  try {
    const command = readFileSync(`/proc/${entry}/cmdline`, 'utf8').split('\0').join(' ').trim()
    return [{ pid: Number(entry), parent: Number(linuxFields(entry)[1]), command }]
  } catch {
    return []
  }
}
