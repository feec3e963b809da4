/** What the emulators of tests are forks of, for as long as a run of vitest lasts, which calls `setup` and `teardown`. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { findMotoOnPath, installMoto, type MotoCommand } from '#local/moto/install-moto.ts'
import { motoSettings } from '#local/moto/launch-moto.ts'

const script = fileURLToPath(new URL('moto-stem.py', import.meta.url))
const sharedInstallation = fileURLToPath(new URL('../../.iasql/moto', import.meta.url))
/** Its socket, for whatever process starts an emulator. */
const variable = 'IASQL_TEST_MOTO_STEM'

/** From the one on PATH or an installation that all tests share. */
export const testMoto = async (): Promise<MotoCommand> =>
  (await findMotoOnPath()) ?? (await installMoto(sharedInstallation, console.error))

let stem: ChildProcess | undefined

/** Once for all projects. Where it cannot be, emulators are started one by one. */
export async function setup(): Promise<void> {
  if (process.platform === 'win32' || process.env[variable] !== undefined) return
  const { program, parameters } = await testMoto()
  // What is on PATH is a script of some Python, most likely of the one that is there too.
  const interpreter = parameters.length > 0 ? program : 'python3'
  const path = join(await mkdtemp(join(tmpdir(), 'iasql-moto-')), 'stem')
  stem = spawn(interpreter, [script, path], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...motoSettings },
  })
  const lines = createInterface({ input: stem.stdout as NodeJS.ReadableStream })
  const [said] = await Promise.race([once(lines, 'line'), once(stem, 'exit')]).catch(() => [])
  if (said === 'listening') process.env[variable] = path
}

export async function teardown(): Promise<void> {
  const path = process.env[variable]
  if (!stem || path === undefined) return
  stem.kill('SIGKILL')
  await rm(dirname(path), { recursive: true, force: true })
}

/** An emulator that lasts as long as the connection, whose text is its log. */
export interface MotoFork {
  readonly connection: Socket
  readonly port: number
}

/** Undefined where there is nothing to fork. */
export async function forkMoto(port: number | undefined): Promise<MotoFork | undefined> {
  const path = process.env[variable]
  if (path === undefined) return undefined
  const connection = connect(path)
  connection.on('error', () => {})
  connection.setEncoding('utf8').write(`${port ?? 0}\n`)
  const [said] = await Promise.race([once(connection, 'data'), once(connection, 'close')])
  const servedPort = Number(String(said).split('\n', 1)[0])
  if (!Number.isInteger(servedPort)) throw new Error(`the emulator was not started: ${said}`)
  // Its log must not keep a process alive that has nothing else to do.
  connection.unref()
  return { connection, port: servedPort }
}
