/** One call for many resources: all of it is done or nothing. */
import type { Item, MadeMany, ManyInput } from './commands.ts'
import type { World } from './world.ts'

interface Write<One> {
  readonly one: (input: One) => object
  /** Of all of them together, once they are written. */
  readonly check?: (input: One) => void
}

export function writeMany<One>(world: World, { All }: ManyInput<One>, { one, check }: Write<One>): MadeMany {
  const restore = world.remember()
  try {
    const Items = All.map(one) as readonly Item[]
    if (check) for (const input of All) check(input)
    return { Items }
  } catch (error) {
    restore()
    throw error
  }
}
