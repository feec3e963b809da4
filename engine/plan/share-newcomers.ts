/** Which of several calls without an answer has made what: each at most one, and what has come is shared without choosing freely. */

/** By row, what may be what its call has made. */
export type Newcomers = ReadonlyMap<number, readonly string[]>

type Share =
  | { readonly kind: 'none' }
  | { readonly kind: 'one'; readonly id: string }
  /** More has come than there are calls: something is a stranger's. */
  | { readonly kind: 'several'; readonly ids: readonly string[] }

/** The same for whoever asks in whatever order: the share of others stays when one has taken its own. */
export function shareOf(newcomers: Newcomers, row: number): Share {
  const own = newcomers.get(row) ?? []
  const { rows, ids } = connected(newcomers, row)
  if (own.length === 0) return { kind: 'none' }
  if (ids.size > rows.length) return { kind: 'several', ids: own.toSorted() }
  let left = new Map(rows.map((one) => [one, newcomers.get(one) ?? []]))
  for (const one of rows) {
    const most = mostPairs(left)
    const id = left
      .get(one)
      ?.toSorted()
      .find((choice) => mostPairs(without(left, one, choice)) === most - 1)
    if (one === row) return id === undefined ? { kind: 'none' } : { kind: 'one', id }
    left = without(left, one, id)
  }
  return { kind: 'none' }
}

/** Everybody who might have made what this row's call might have made, and so on. */
function connected(newcomers: Newcomers, row: number) {
  const rows = new Set([row])
  const ids = new Set<string>()
  for (const one of rows) {
    for (const id of newcomers.get(one) ?? []) ids.add(id)
    for (const [other, its] of newcomers) if (its.some((id) => ids.has(id))) rows.add(other)
  }
  return { rows: [...rows].sort((a, b) => a - b), ids }
}

const without = (newcomers: Newcomers, row: number, id: string | undefined): Map<number, readonly string[]> =>
  new Map(
    [...newcomers]
      .filter(([other]) => other !== row)
      .map(([other, ids]) => [other, ids.filter((one) => one !== id)]),
  )

/** How many rows can have one each: whoever is in the way moves to another of its own, if it can. */
function mostPairs(newcomers: Newcomers): number {
  const holders = new Map<string, number>()
  const place = (row: number, tried: Set<string>): boolean =>
    (newcomers.get(row) ?? []).some((id) => {
      if (tried.has(id)) return false
      tried.add(id)
      const holder = holders.get(id)
      if (holder !== undefined && !place(holder, tried)) return false
      holders.set(id, row)
      return true
    })
  return [...newcomers.keys()].filter((row) => place(row, new Set())).length
}
