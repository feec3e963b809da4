/** Ends us when the npm that runs us is gone: killed in whatever way, it leaves its shell or what runs in that behind. */
import { identify, isRunning, listProcesses, type RunningProcess } from './identity.ts'

const everyMs = 1_000

/** `pid` is who npm started: us, or the Node that went on with us. What is returned undoes it. */
export const endWithNpm = (pid: number, script = ''): (() => void) => {
  const npm = script === '' ? undefined : npmOf(pid, script, listProcesses())
  if (npm === undefined) return () => {}
  const identity = identify(npm)
  const look = () => {
    if (!isRunning(identity)) process.kill(process.pid, 'SIGKILL')
  }
  const looking = setInterval(look, everyMs).unref()
  return () => clearInterval(looking)
}

/** The npm that runs `script` until `pid` ends; undefined when there is none, or the script is over before. */
export const npmOf = (
  pid: number,
  script: string,
  processes: readonly RunningProcess[],
): number | undefined => {
  const isInBackground = script.replaceAll('&&', '').includes('&')
  if (isInBackground) return undefined
  const above = (below: number | undefined) => {
    const parent = processes.find((one) => one.pid === below)?.parent
    return processes.find((one) => one.pid === parent)
  }
  const shell = above(pid)
  // Some shells give way to the last command, which is then npm's own child.
  return [shell, above(shell?.pid)].find((one) => /^npm( |$)/.test(one?.command ?? ''))?.pid
}
