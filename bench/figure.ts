/** One measured figure: a value beside the floor that was measured in the same run. */
export interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: 's' | 'ms' | 'µs' | 'rows/s' | 'runs/s' | 'MiB' | 'calls' | 'events' | '×'
  /** The least the same work can take, measured in the same run, and what that is. */
  readonly floor?: number
  readonly floorOf?: string
  /** The target as documented, for example `≤ 1.3×`. */
  readonly target?: string
}

export type Measure = () => Promise<readonly Figure[]>

/** Nearest-rank percentile of a sample. */
export const percentile = (sample: readonly number[], share: number): number => {
  const sorted = [...sample].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}

/** Milliseconds that `work` takes. */
export const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}
