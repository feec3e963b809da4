/** What is under way in an execution, since when, and when something was last said of it: nothing stays silent for long. */

export interface Transition {
  readonly changeId: number | null
  readonly table: string | null
  readonly row: string | null
  readonly action: string
  readonly state: string
  readonly message: string
  /** Since when the change, or whatever this is about, is being worked on; absent: since it was first heard of. */
  readonly sinceMs?: number | null | undefined
}

export interface Told extends Transition {
  readonly elapsedMs: number
}

export interface UnderWay {
  /** Undefined when that was just what was said last. */
  tell(transition: Transition, nowMs: number): Told | undefined
  /** What has gone on in silence, the most silent first. */
  silent(nowMs: number): readonly Told[]
}

/** Silence after which something is repeated. */
const quietMs = 5_000
/** Repeated at one time; of more than that each has its turn. */
const mostAtATime = 100
const ended: ReadonlySet<string> = new Set(['done', 'failed', 'skipped', 'needs_decision', 'cancelled'])

/** `whole`: told of when nothing else is under way. */
export function underWay(
  whole: { readonly action: string; readonly sinceMs: number },
  nowMs: number,
): UnderWay {
  const open = new Map<string, Open>()
  let toldMs = nowMs
  const aboutWhole = (atMs: number): readonly Told[] => {
    if (open.size > 0 || atMs - toldMs < quietMs) return []
    toldMs = atMs
    const { action, sinceMs } = whole
    const transition = { changeId: null, table: null, row: null, action, state: 'running', message: '' }
    return [timed({ transition, sinceMs }, atMs)]
  }
  return {
    tell(transition, atMs) {
      const key = keyOf(transition)
      const before = open.get(key)
      if (before && isSame(before.transition, transition)) return undefined
      const sinceMs = transition.sinceMs ?? before?.sinceMs ?? atMs
      if (ended.has(transition.state)) open.delete(key)
      else open.set(key, { transition, sinceMs, toldMs: atMs })
      toldMs = atMs
      return timed({ transition, sinceMs }, atMs)
    },
    silent(atMs) {
      const quiet = [...open.values()].filter((one) => atMs - one.toldMs >= quietMs)
      const due = quiet.sort((a, b) => a.toldMs - b.toldMs).slice(0, mostAtATime)
      for (const one of due) one.toldMs = atMs
      return [...due.map((one) => timed(one, atMs)), ...aboutWhole(atMs)]
    },
  }
}

interface Open {
  readonly transition: Transition
  readonly sinceMs: number
  toldMs: number
}

const timed = ({ transition, sinceMs }: Pick<Open, 'transition' | 'sinceMs'>, atMs: number): Told => ({
  ...transition,
  elapsedMs: Math.max(0, atMs - sinceMs),
})

const keyOf = ({ changeId, action, table, row }: Transition): string =>
  changeId === null ? `${action} ${table} ${row}` : String(changeId)

const isSame = (one: Transition, other: Transition): boolean =>
  one.state === other.state && one.message === other.message && one.action === other.action
