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

export const readAhead = (options: ReadAheadOptions): ReadAhead => new Readings(options)

interface Begun {
  readonly reading: Promise<CloudReading>
  /** How many it holds, once it has ended. */
  resources: number
}

class Readings implements ReadAhead {
  readonly #options: ReadAheadOptions
  readonly #left: Set<TableAt>
  readonly #waiting = new Map<TableAt, Begun>()
  readonly #underWay = new Set<Promise<void>>()

  constructor(options: ReadAheadOptions) {
    this.#options = options
    this.#left = new Set(options.order)
  }

  async take(at: TableAt): Promise<CloudReading> {
    const { reading } = this.#waiting.get(at) ?? this.#begin(at)
    this.#waiting.delete(at)
    this.#fill()
    return await reading
  }

  async end(): Promise<void> {
    this.#left.clear()
    await Promise.all(this.#underWay)
  }

  #begin(at: TableAt): Begun {
    this.#left.delete(at)
    const one: Begun = { reading: this.#options.read(at), resources: 0 }
    const ending = this.#ending(one).then(() => {
      this.#underWay.delete(ending)
      this.#fill()
    })
    this.#underWay.add(ending)
    return one
  }

  async #ending(one: Begun): Promise<void> {
    try {
      one.resources = (await one.reading).seen.length
    } catch {
      // A failure is of interest to whoever takes it, in its turn.
    }
  }

  #fill(): void {
    const { isWanted } = this.#options
    for (const at of this.#waiting.keys()) if (!isWanted(at)) this.#waiting.delete(at)
    const held = [...this.#waiting.values()].reduce((sum, { resources }) => sum + resources, 0)
    for (const at of this.#left) {
      if (this.#underWay.size >= mostAtOnce || held >= mostResources) return
      if (isWanted(at)) this.#waiting.set(at, this.#begin(at))
      else this.#left.delete(at)
    }
  }
}
