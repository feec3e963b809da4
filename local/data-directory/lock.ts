/** A lock file that a killed process cannot keep: it names its holder by pid and start time. */
import { randomUUID } from 'node:crypto'
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { identify, isRunning, type ProcessIdentity, readIdentity } from '../process/identity.ts'

export interface Lock {
  release(): void
}

/** Who holds the lock, when it is not had. */
export interface Held {
  readonly holder: ProcessIdentity
}

/** Takes the lock at `path`, also from a holder that is no more; says who holds it otherwise. */
export const takeLock = async (path: string): Promise<Lock | Held> => {
  const content = JSON.stringify({ ...identify(process.pid), id: randomUUID() })
  for (;;) {
    if (createExclusively(path, content)) return held(path, content)
    const found = await readWhole(path)
    if (found === undefined) continue
    const holder = holderOf(found)
    if (holder && isRunning(holder)) return { holder }
    const taken = await takeOver(path, found, content)
    if (taken) return taken
  }
}

const pollMs = 100

/** Takes the lock as soon as its holder lets go of it. */
export const awaitLock = async (path: string): Promise<Lock> =>
  (await takeLockWithin(path, Number.POSITIVE_INFINITY)) as Lock

/** As `takeLock`, but lets a holder that is about to end have so long for it. */
export const takeLockWithin = async (path: string, patienceMs: number): Promise<Lock | Held> => {
  const deadline = performance.now() + patienceMs
  for (;;) {
    const lock = await takeLock(path)
    if ('release' in lock || performance.now() > deadline) return lock
    await delay(pollMs)
  }
}

const held = (path: string, content: string): Lock => ({
  release: () => {
    if (read(path) === content) rmSync(path, { force: true })
  },
})

/**
 * Replaces the dead holder's file. Only who holds the lock named after that very content may, or two that saw the same
 * dead holder would take it from each other.
 */
const takeOver = async (path: string, dead: string, content: string): Promise<Lock | Held | undefined> => {
  const inner = await takeLock(`${path}.${idOf(dead)}`)
  if (!('release' in inner)) return inner
  try {
    if (read(path) !== dead) return undefined
    const fresh = `${path}.${randomUUID()}`
    writeFileSync(fresh, content, { mode: 0o600, flag: 'wx' })
    renameSync(fresh, path)
    return held(path, content)
  } finally {
    inner.release()
  }
}

const createExclusively = (path: string, content: string): boolean => {
  try {
    writeFileSync(path, content, { mode: 0o600, flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

const read = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** The file's text; one that is just being written is given a moment. */
const readWhole = async (path: string): Promise<string | undefined> => {
  for (let tries = 0; tries < 20; tries += 1) {
    const text = read(path)
    if (text === undefined || holderOf(text)) return text
    await delay(10)
  }
  return read(path)
}

const parse = (text: string): Record<string, unknown> => {
  try {
    return (JSON.parse(text) ?? {}) as Record<string, unknown>
  } catch {
    return {}
  }
}

const holderOf = (text: string): ProcessIdentity | undefined => readIdentity(parse(text))

const idOf = (text: string): string => {
  const { id } = parse(text)
  return typeof id === 'string' && /^[\w-]+$/.test(id) ? id : 'unreadable'
}
