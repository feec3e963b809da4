/** Steps in line for the tokens of buckets, the one with the longest way to go first. */
import { type Heap, pop, push } from '#engine/execute/heap.ts'
import { type Bucket, type BucketSpec, fullBucket, take } from '#engine/throttle/token-bucket.ts'

interface Comer {
  readonly index: number
  /** Lower comes first. */
  readonly rank: number
  /** How many buckets it has a token of already. */
  readonly passed: number
  readonly sinceMs: number
}

interface Line {
  bucket: Bucket
  waiting: Heap<Comer> | null
  lastTaker: number | null
  /** When those who wait were last told that there will be more. */
  dueMs: number
}

export interface Granted extends Comer {
  readonly bucket: string
  /** Who took the token before; null: it did not have to wait. */
  readonly after: number | null
}

export interface TokenLines {
  join(spec: BucketSpec, comer: Comer): void
  /** Hands out what there is; `dueMs`: when there will be more for those who are left. */
  serve(nowMs: number): { readonly granted: readonly Granted[]; readonly dueMs: readonly number[] }
}

export function tokenLines(): TokenLines {
  const lines = new Map<string, Line>()
  /** Lines that somebody waits in. */
  const open = new Set<Line>()
  return {
    join(spec, comer) {
      const line = lines.get(spec.key) ?? lineOf(spec)
      lines.set(spec.key, line)
      line.waiting = push(line.waiting, comer.rank, comer)
      open.add(line)
    },
    serve(nowMs) {
      const granted: Granted[] = []
      const dueMs: number[] = []
      for (const line of open) {
        const before = line.dueMs
        serveLine(line, nowMs, granted)
        if (!line.waiting) open.delete(line)
        else if (line.dueMs !== before) dueMs.push(line.dueMs)
      }
      return { granted, dueMs }
    },
  }
}

const lineOf = (spec: BucketSpec): Line => ({
  bucket: fullBucket(spec, 0),
  waiting: null,
  lastTaker: null,
  dueMs: 0,
})

function serveLine(line: Line, nowMs: number, granted: Granted[]): void {
  while (line.waiting) {
    const { bucket, waitMs } = take(line.bucket, nowMs)
    if (waitMs > 0) {
      line.dueMs = nowMs + waitMs
      return
    }
    const comer = line.waiting.item
    line.bucket = bucket
    line.waiting = pop(line.waiting)
    granted.push({ ...comer, bucket: bucket.spec.key, after: comer.sinceMs < nowMs ? line.lastTaker : null })
    line.lastTaker = comer.index
  }
}
