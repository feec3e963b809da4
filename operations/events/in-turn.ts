/** Work of one key after the other within this process, so that messages leave in the order of their numbers. */

/** The last thing that was asked for of each key. */
const tails = new Map<string, Promise<unknown>>()

export async function inTurn<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
  const mine = (tails.get(key) ?? Promise.resolve()).then(work, work)
  tails.set(key, mine)
  try {
    return await mine
  } finally {
    if (tails.get(key) === mine) tails.delete(key)
  }
}
