/** The lines typed before, kept for the next time where nobody else can read them. */
import { appendFileSync, chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Terminal } from '../terminal.ts'

const keptLines = 1_000

export interface History {
  /** Newest first, as readline wants them. */
  readonly lines: readonly string[]
  add(line: string): void
}

/** A history that cannot be kept is no reason not to have a prompt. */
export function openHistory({ env }: Terminal): History {
  const path = join(env.XDG_STATE_HOME || join(env.HOME || homedir(), '.local', 'state'), 'iasql', 'history')
  const lines = readLines(path).slice(-keptLines)
  const isKept = keep(() => {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    writeFileSync(path, lines.map((line) => `${line}\n`).join(''), { mode: 0o600 })
    chmodSync(path, 0o600)
  })
  let newest = lines.at(-1)
  return {
    lines: lines.toReversed(),
    add: (line) => {
      if (!isKept || line.trim() === '' || line === newest) return
      newest = line
      keep(() => appendFileSync(path, `${line}\n`, { mode: 0o600 }))
    },
  }
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
  } catch {
    return []
  }
}

function keep(work: () => void): boolean {
  try {
    work()
    return true
  } catch {
    return false
  }
}
