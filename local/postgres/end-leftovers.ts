/** Ends what a killed server left running on a cluster. A fresh start by recovery is surer than taking it over. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { IasqlError } from '#engine/model/error.ts'
import { readText } from '../data-directory/private-file.ts'
import { type EndStep, endProcess } from '../process/end-process.ts'
import { identify, isTaken, listProcesses } from '../process/identity.ts'
import { clusterName } from './settings.ts'

/** PostgreSQL's fast, then its immediate shutdown. */
export const endSteps: readonly [EndStep, EndStep] = [
  { signal: 'SIGINT', waitMs: 10_000 },
  { signal: 'SIGQUIT', waitMs: 3_000 },
]

const ofCluster = (cluster: string) => {
  const title = `postgres: ${clusterName(cluster)}: `
  const processes = listProcesses().filter(
    ({ command }) =>
      command.startsWith(title) || command.includes(`postgres -D ${cluster} -c listen_addresses=`),
  )
  return {
    postmasters: processes.filter(({ command }) => !command.startsWith(title)),
    others: processes.filter(({ command }) => command.startsWith(title)),
  }
}

/** Must be called by the holder of the cluster's lock: everything found is then without a master. */
export const endLeftovers = async (cluster: string): Promise<void> => {
  for (const { pid } of ofCluster(cluster).postmasters) await end(pid, endSteps)
  for (const { pid } of ofCluster(cluster).others) await end(pid, [])
  await forgetReusedPid(cluster)
}

const end = async (pid: number, steps: readonly EndStep[]): Promise<void> => {
  if (await endProcess(identify(pid), steps)) return
  throw new IasqlError('host/not-started', `PostgreSQL process ${pid} of an earlier server does not end`, {
    hint: `End it by hand: kill -9 ${pid}`,
  })
}

/** PostgreSQL refuses to start while any process, also one not its own or a zombie, has the number in its pid file. */
const forgetReusedPid = async (cluster: string): Promise<void> => {
  const file = join(cluster, 'postmaster.pid')
  const pid = Number.parseInt((await readText(file)) ?? '', 10)
  if (pid > 0 && process.platform !== 'win32' && isTaken(pid)) await rm(file, { force: true })
}
