/** So many calls at once: steps in line for a slot, the one with the longest way to go first. */
import { type Heap, pop, push } from '#engine/execute/heap.ts'

interface Waiting {
  readonly index: number
  readonly sinceMs: number
}

export interface Admitted {
  readonly index: number
  /** Whose answer made room; null: it did not have to wait. */
  readonly after: number | null
}

export interface CallSlots {
  join(index: number, rank: number, nowMs: number): void
  leave(index: number): void
  admit(nowMs: number): readonly Admitted[]
}

export function callSlots(count: number): CallSlots {
  let waiting: Heap<Waiting> | null = null
  let free = count
  let freedBy = 0
  return {
    join(index, rank, nowMs) {
      waiting = push(waiting, rank, { index, sinceMs: nowMs })
    },
    leave(index) {
      free += 1
      freedBy = index
    },
    admit(nowMs) {
      const admitted: Admitted[] = []
      while (waiting && free > 0) {
        const { index, sinceMs } = waiting.item
        waiting = pop(waiting)
        free -= 1
        admitted.push({ index, after: sinceMs < nowMs ? freedBy : null })
      }
      return admitted
    },
  }
}
