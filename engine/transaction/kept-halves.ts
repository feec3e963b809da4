/** Replacements that stopped half-way in a commit that is taken back: which rows get their old one back, and which keep the new one. */

export interface Half {
  /** Of the row. */
  readonly key: string
  /** Rows that the old one is part of, and could not have been moved from. */
  readonly within: readonly string[]
}

/**
 * Keys of rows whose old one stands where it stood: what that is part of is as it was, or gets its old one back as well.
 * `anew`: rows that stand for another one than before the commit, these among them.
 */
export function keptHalves(halves: readonly Half[], anew: ReadonlySet<string>): ReadonlySet<string> {
  const kept = new Set(halves.map(({ key }) => key))
  const isGone = (key: string): boolean => anew.has(key) && !kept.has(key)
  for (;;) {
    const lost = halves.filter(({ key, within }) => kept.has(key) && within.some(isGone))
    if (lost.length === 0) return kept
    for (const { key } of lost) kept.delete(key)
  }
}
