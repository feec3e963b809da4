/** Finds the emulator on this machine, or installs it into a virtual environment of our own. */
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { access, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { basename, delimiter, dirname, join } from 'node:path'
import { IasqlError } from '#engine/model/error.ts'
import { awaitLock } from '../data-directory/lock.ts'
import { endWithUs } from '../process/end-process.ts'

const requirement = 'moto[server]==5.2.1'

/** How the emulator is called; its own arguments follow. */
export interface MotoCommand {
  readonly program: string
  readonly parameters: readonly string[]
}

const canRun = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  )

export const findMotoOnPath = async (
  searchPath = process.env.PATH ?? '',
): Promise<MotoCommand | undefined> => {
  for (const folder of searchPath.split(delimiter).filter(Boolean)) {
    const program = join(folder, process.platform === 'win32' ? 'moto_server.exe' : 'moto_server')
    if (await canRun(program)) return { program, parameters: [] }
  }
  return undefined
}

/** Scripts in an environment name its first place; the interpreter in it works wherever the folder is moved. */
const commandIn = (environment: string): MotoCommand => ({
  program:
    process.platform === 'win32'
      ? join(environment, 'Scripts', 'python.exe')
      : join(environment, 'bin', 'python'),
  parameters: ['-m', 'moto.server'],
})

/** The emulator in `folder`, installed the first time. Several processes may ask at once: one installs, the others wait. */
export const installMoto = async (folder: string, progress: (line: string) => void): Promise<MotoCommand> => {
  const command = commandIn(folder)
  if (await canRun(command.program)) return command
  await mkdir(dirname(folder), { recursive: true })
  const lock = await awaitLock(`${folder}.lock`)
  try {
    if (await canRun(command.program)) return command
    progress('installing the AWS emulator (moto), once; this takes up to a minute')
    await removeHalfDone(folder)
    const fresh = `${folder}.new-${randomUUID()}`
    await makeEnvironment(fresh)
    await rename(fresh, folder)
    return command
  } finally {
    lock.release()
  }
}

const removeHalfDone = async (folder: string): Promise<void> => {
  await rm(folder, { recursive: true, force: true })
  for (const entry of await readdir(dirname(folder))) {
    if (!entry.startsWith(`${basename(folder)}.new-`)) continue
    // A killed one's pip may be about to end only now.
    await rm(join(dirname(folder), entry), { recursive: true, force: true, maxRetries: 10 })
  }
}

const instead = 'or install moto[server] yourself so that moto_server is on PATH, or set AWS_ENDPOINT_URL.'

const makeEnvironment = async (folder: string): Promise<void> => {
  const python = process.platform === 'win32' ? 'python' : 'python3'
  await run(python, ['-m', 'venv', folder], (output) =>
    /ENOENT/.test(output)
      ? ['the AWS emulator needs python3, which is not on PATH', `Install Python 3.9 or later, ${instead}`]
      : [`python3 -m venv failed: ${lastLine(output)}`, `Install python3-venv, ${instead}`],
  )
  const { program } = commandIn(folder)
  const options = ['--disable-pip-version-check', '--no-input', '--quiet']
  await run(program, ['-m', 'pip', 'install', ...options, requirement], (output) => [
    `pip could not install ${requirement}: ${lastLine(output)}`,
    `Give pip a way to its package index, ${instead}`,
  ])
}

const lastLine = (output: string): string => {
  const lines = output.split('\n').filter((line) => /error|ensurepip|no module/i.test(line))
  return (lines.at(-1) ?? output.trim().split('\n').at(-1) ?? '').trim()
}

/** `explain` turns what a failed program wrote into message and hint. */
const run = (
  program: string,
  parameters: readonly string[],
  explain: (output: string) => readonly [message: string, hint: string],
): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = execFile(program, parameters, { maxBuffer: 16 * 1024 * 1024 }, (cause, stdout, stderr) => {
      if (!cause) return resolve()
      const [message, hint] = explain(`${stdout}\n${stderr}`.trim() || cause.message)
      reject(new IasqlError('host/not-started', message, { hint, cause }))
    })
    endWithUs(child, 'SIGTERM')
  })
