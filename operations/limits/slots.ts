/** So many at once: whoever comes when all slots are taken waits, and the most urgent goes first. */
import { waitingLine } from './waiting-line.ts'

export interface Slots {
  /** Gives the function that frees the slot again; rejects with the signal's reason. */
  take(rank: number, signal: AbortSignal): Promise<() => void>
}

export function slots(count: number): Slots {
  const line = waitingLine()
  let free = count
  const leave = (): void => {
    if (!line.admit()) free += 1
  }
  return {
    async take(rank, signal) {
      signal.throwIfAborted()
      if (free > 0) free -= 1
      else await line.join(rank, signal)
      return leave
    },
  }
}
