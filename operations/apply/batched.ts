/** Many small requests, few round trips: what arrives while one batch is under way goes with the next one. */
export function batched<Item, Result>(
  run: (items: readonly Item[]) => Promise<readonly Result[]>,
  limits: { readonly parallel: number; readonly most: number } = { parallel: 1, most: 1_000 },
): (item: Item) => Promise<Result> {
  interface Waiting {
    readonly item: Item
    readonly resolve: (result: Result) => void
    readonly reject: (reason: unknown) => void
  }
  const queue: Waiting[] = []
  let running = 0

  const runBatch = async (batch: readonly Waiting[]): Promise<void> => {
    try {
      const results = await run(batch.map((one) => one.item))
      batch.forEach((one, index) => {
        one.resolve(results[index] as Result)
      })
    } catch (error) {
      for (const one of batch) one.reject(error)
    }
  }
  const pump = (): void => {
    while (queue.length > 0 && running < limits.parallel) {
      running += 1
      void runBatch(queue.splice(0, limits.most)).finally(() => {
        running -= 1
        pump()
      })
    }
  }
  return (item) =>
    new Promise((resolve, reject) => {
      queue.push({ item, resolve, reject })
      // A macrotask, so that everything that is ready at this moment shares the batch.
      if (queue.length === 1) setImmediate(pump)
    })
}
