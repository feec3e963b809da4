/** Reads many ids one call each, a bounded number at a time, results in the order of the ids. */
export async function each<Id, Item>(
  ids: readonly Id[],
  read: (id: Id) => Promise<Item | undefined>,
  concurrency: number,
): Promise<readonly Item[]> {
  const found: (Item | undefined)[] = []
  const queue = ids.entries()
  const failures: unknown[] = []
  const work = async (): Promise<void> => {
    for (const [index, id] of queue) {
      if (failures.length) return
      found[index] = await read(id).catch((error) => {
        failures.push(error)
        return undefined
      })
    }
  }
  // Ends only when no call is in flight any more, also after a failure.
  await Promise.all(Array.from({ length: Math.min(concurrency, ids.length) }, work))
  if (failures.length) throw failures[0]
  return found.filter((item) => item !== undefined)
}
