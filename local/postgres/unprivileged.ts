/** PostgreSQL refuses to run as root: the user it runs as instead, and what that user can reach. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { IasqlError } from '#engine/model/error.ts'
import { endWithUs } from '../process/end-process.ts'

export interface SystemUser {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/** Users that exist for work without rights, in order of preference; initdb needs an entry in the list of users. */
const candidates = ['nobody', 'postgres', 'daemon']

const passwd = async (): Promise<readonly SystemUser[]> =>
  (await readFile('/etc/passwd', 'utf8')).split('\n').flatMap((line) => {
    const [name = '', , uid, gid] = line.split(':')
    return Number(uid) > 0 && Number(gid) > 0 ? [{ name, uid: Number(uid), gid: Number(gid) }] : []
  })

/** Undefined unless we are root: then nothing has to change. */
export const unprivilegedUser = async (): Promise<SystemUser | undefined> => {
  if (process.getuid?.() !== 0) return undefined
  const users = await passwd()
  for (const name of candidates) {
    const found = users.find((user) => user.name === name)
    if (found) return found
  }
  throw new IasqlError(
    'host/not-started',
    'PostgreSQL refuses to run as root and there is no user to run it as',
    {
      hint: `Start the server as another user, or add one of ${candidates.join(', ')} to /etc/passwd.`,
    },
  )
}

/** How a child is spawned so that it runs as `user` and takes nothing of our environment or working directory along. */
export const asUser = (user: SystemUser | undefined) => ({
  cwd: process.platform === 'win32' ? undefined : '/',
  env: { PATH: process.env.PATH, SystemRoot: process.env.SystemRoot, LC_ALL: 'C', TZ: 'UTC' },
  ...(user ? { uid: user.uid, gid: user.gid } : {}),
})

/** Runs a program to its end as `user`; what it wrote on standard error is the message when it fails. */
export const runAs = (
  user: SystemUser | undefined,
  program: string,
  parameters: readonly string[],
): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = execFile(program, parameters, asUser(user), (error, stdout, stderr) => {
      if (error) reject(new Error(stderr.trim() || error.message, { cause: error }))
      else resolve(stdout)
    })
    endWithUs(child, 'SIGTERM')
  })

/** Whether `user` may enter the folder; asked of the system, which knows about lists of rights and mounts. */
export const canEnter = async (user: SystemUser, folder: string): Promise<boolean> => {
  try {
    await runAs(user, '/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder])
    return true
  } catch {
    return false
  }
}
