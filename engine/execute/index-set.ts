/** A set of step indexes that is copied by chunk when one comes or goes, so that thousands may wait together. */
export interface IndexSet {
  readonly size: number
  readonly chunks: readonly (readonly number[])[]
}

const chunkSize = 128
const none: readonly number[] = []

export const emptySet: IndexSet = { size: 0, chunks: [] }

const chunkAt = (index: number): number => Math.floor(index / chunkSize)

export const hasIndex = ({ chunks }: IndexSet, index: number): boolean =>
  chunks[chunkAt(index)]?.includes(index) ?? false

export function withIndex(set: IndexSet, index: number): IndexSet {
  if (hasIndex(set, index)) return set
  const chunks = [...set.chunks]
  while (chunks.length <= chunkAt(index)) chunks.push(none)
  chunks[chunkAt(index)] = [...(chunks[chunkAt(index)] ?? none), index]
  return { size: set.size + 1, chunks }
}

export function withoutIndex(set: IndexSet, index: number): IndexSet {
  if (!hasIndex(set, index)) return set
  const chunks = [...set.chunks]
  chunks[chunkAt(index)] = (chunks[chunkAt(index)] ?? none).filter((other) => other !== index)
  return { size: set.size - 1, chunks }
}

export const indexesOf = ({ chunks }: IndexSet): readonly number[] => chunks.flat()
