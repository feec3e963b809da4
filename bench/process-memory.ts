/** What another process takes, as Linux tells it. */
import { readFileSync, writeFileSync } from 'node:fs'

const fieldMiB = (pid: number | undefined, field: 'VmHWM' | 'VmRSS' | 'RssAnon'): number =>
  Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024

/** MiB that the process holds now. */
export const residentMiB = (pid: number | undefined): number => fieldMiB(pid, 'VmRSS')

/** MiB that are its own: not of files, nor shared with others as the buffers of a database are. */
export const ownMiB = (pid: number | undefined): number => fieldMiB(pid, 'RssAnon')

/** MiB that it held at most since it began, or since `forgetPeak`. */
export const peakMiB = (pid: number | undefined): number => fieldMiB(pid, 'VmHWM')

export const forgetPeak = (pid: number | undefined): void => writeFileSync(`/proc/${pid}/clear_refs`, '5')

/** Milliseconds for which it has worked so far, in steps of ten: Linux counts ticks of a hundredth of a second. */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}
