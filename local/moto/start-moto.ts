/** The cloud of one machine: an emulator of AWS, started with us, kept running, and stopped with us. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '#operations/ports.ts'
import { readText, writePrivateFile } from '../data-directory/private-file.ts'
import { type EndStep, endProcess } from '../process/end-process.ts'
import { freePort } from '../process/free-port.ts'
import { identify, readIdentity } from '../process/identity.ts'
import { supervise } from '../process/supervise.ts'
import { findMotoOnPath, installMoto, type MotoCommand } from './install-moto.ts'
import { launchMoto } from './launch-moto.ts'

export interface MotoOptions {
  /** The data directory; an installation goes to `moto` below it. */
  readonly directory: string
  readonly log: Log
  /** Told what takes long, in lines for a person. */
  readonly progress: (line: string) => void
  /** Instead of PATH, where the emulator is looked for. */
  readonly searchPath?: string
}

export interface Moto {
  /** The endpoint of every service. */
  readonly url: string
  stop(): Promise<void>
}

const endSteps: readonly [EndStep, EndStep] = [
  { signal: 'SIGTERM', waitMs: 1_000 },
  { signal: 'SIGKILL', waitMs: 1_000 },
]

/** Starts the emulator on a free port of the loopback; what a killed server left of it is ended first. */
export const startMoto = async (options: MotoOptions): Promise<Moto> => {
  const record = join(options.directory, 'moto.json')
  await endLeftover(record)
  const { command, child, port } = await launchFirst(options)
  await remember(record, child.pid)
  const launchAgain = async () => {
    options.log('warn', 'the emulator keeps nothing: what was made in it is gone')
    const again = await launchMoto(command, port)
    await remember(record, again.pid)
    return again
  }
  const stop = supervise({ name: 'the AWS emulator', child, launchAgain, endSteps, log: options.log })
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      await stop()
      await rm(record, { force: true })
    },
  }
}

const remember = (record: string, pid: number | undefined): Promise<void> =>
  writePrivateFile(record, `${JSON.stringify(identify(pid ?? 0))}\n`)

const endLeftover = async (record: string): Promise<void> => {
  const text = await readText(record)
  const left = text ? readIdentity(parse(text)) : undefined
  if (left && left.startedAt !== '') await endProcess(left, endSteps)
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The one on PATH may be the stub of a version manager, without anything behind it: then ours is installed. */
const launchFirst = async ({ directory, log, progress, searchPath }: MotoOptions) => {
  const found = await findMotoOnPath(searchPath)
  if (found) {
    try {
      return await launchOnFreePort(found)
    } catch (error) {
      log('warn', `${found.program} does not work; installing another`, { error })
    }
  }
  return launchOnFreePort(await installMoto(join(directory, 'moto'), progress))
}

const launchOnFreePort = async (command: MotoCommand) => {
  for (let tries = 1; ; tries += 1) {
    const port = await freePort()
    try {
      return { command, port, child: await launchMoto(command, port) }
    } catch (error) {
      if (tries === 5 || !/in use/i.test(String(error))) throw error
    }
  }
}
