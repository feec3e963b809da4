/** Those who wait for something that comes one by one: the lowest rank goes first, and whoever gives up leaves at once. */
import { type Heap, pop, push } from '#engine/execute/heap.ts'

interface Waiter {
  isGone: boolean
  readonly signal: AbortSignal
  readonly resolve: () => void
  readonly reject: (reason: unknown) => void
}

interface Group {
  readonly waiters: Set<Waiter>
  readonly leave: () => void
}

export interface WaitingLine {
  readonly length: number
  /** Resolves when it is one's turn; rejects with the signal's reason. */
  join(rank: number, signal: AbortSignal): Promise<void>
  /** Lets the first one go; false when nobody waits. */
  admit(): boolean
}

export function waitingLine(): WaitingLine {
  let heap: Heap<Waiter> | null = null
  let length = 0
  /** Those of one signal share a listener: to take one of thousands off a signal, all of them are searched. */
  const groups = new Map<AbortSignal, Group>()
  const groupOf = (signal: AbortSignal): Group => {
    const waiters = new Set<Waiter>()
    const leave = (): void => {
      groups.delete(signal)
      length -= waiters.size
      for (const waiter of waiters) {
        waiter.isGone = true
        waiter.reject(signal.reason)
      }
    }
    signal.addEventListener('abort', leave, { once: true })
    const group = { waiters, leave }
    groups.set(signal, group)
    return group
  }
  const admitted = (waiter: Waiter): void => {
    const { signal } = waiter
    const group = groups.get(signal)
    group?.waiters.delete(waiter)
    if (group?.waiters.size === 0) {
      signal.removeEventListener('abort', group.leave)
      groups.delete(signal)
    }
    length -= 1
    waiter.resolve()
  }
  return {
    get length() {
      return length
    },
    join: (rank, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) {
          reject(signal.reason)
          return
        }
        const waiter: Waiter = { isGone: false, signal, resolve, reject }
        const group = groups.get(signal) ?? groupOf(signal)
        group.waiters.add(waiter)
        heap = push(heap, rank, waiter)
        length += 1
      }),
    admit() {
      while (heap) {
        const { item } = heap
        heap = pop(heap)
        if (item.isGone) continue
        admitted(item)
        return true
      }
      return false
    },
  }
}
