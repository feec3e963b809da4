/** Reads of the cloud that run ahead of what stores them, in its order, as far as memory allows. */
import type { CloudReading } from './read-cloud.ts'
import type { TableAt } from './sync-scope.ts'

/** Tables that are read at once, each at one place. */
const mostAtOnce = 4
/** While so many resources wait to be stored, no other table is begun. */
const mostResources = 5_000

interface ReadAheadOptions {
  /** All that is to be read, in the order in which it is taken. */
  readonly order: readonly TableAt[]
  /** Whether it is still to be read: what failed meanwhile may have made it pointless. */
  isWanted(at: TableAt): boolean
  read(at: TableAt): Promise<CloudReading>
}

export interface ReadAhead {
  /** One that is wanted, by its object in `order`. */
  take(at: TableAt): Promise<CloudReading>
  /** Begins nothing more; resolves when nothing is read any more. */
  end(): Promise<void>
}

interface Begun {
  readonly reading: Promise<CloudReading>
  /** How many it holds, once it has ended. */
  resources: number
}

export function readAhead({ order, isWanted, read }: ReadAheadOptions): ReadAhead {
  const left = new Set(order)
  const waiting = new Map<TableAt, Begun>()
  const underWay = new Set<Promise<void>>()

  const begin = (at: TableAt): Begun => {
    left.delete(at)
    const one: Begun = { reading: read(at), resources: 0 }
    // A failure is of interest to whoever takes it, in its turn.
    const ending = one.reading
      .then(
        ({ seen }) => {
          one.resources = seen.length
        },
        () => undefined,
      )
      .then(() => {
        underWay.delete(ending)
        fill()
      })
    underWay.add(ending)
    return one
  }
  const fill = (): void => {
    for (const at of waiting.keys()) if (!isWanted(at)) waiting.delete(at)
    const held = [...waiting.values()].reduce((sum, { resources }) => sum + resources, 0)
    for (const at of left) {
      if (underWay.size >= mostAtOnce || held >= mostResources) return
      if (isWanted(at)) waiting.set(at, begin(at))
      else left.delete(at)
    }
  }
  return {
    async take(at) {
      const { reading } = waiting.get(at) ?? begin(at)
      waiting.delete(at)
      fill()
      return await reading
    },
    async end() {
      left.clear()
      await Promise.all(underWay)
    },
  }
}
