/** How long to wait before the next try: doubling, with full jitter, so that many clients do not come back at once. */

export const backoffMs = (attempt: number, random: () => number = Math.random): number =>
  Math.round(50 + random() * Math.min(3_000, 100 * 2 ** Math.min(attempt, 10)))
