/** A list that is copied by chunk when one item changes, so that 50,000 steps do not cost 50,000 copies each. */
export interface Chunked<Item> {
  readonly chunks: readonly (readonly Item[])[]
  readonly size: number
}

const chunkSize = 128

export function chunked<Item>(items: readonly Item[]): Chunked<Item> {
  const chunks: Item[][] = []
  for (let at = 0; at < items.length; at += chunkSize) chunks.push(items.slice(at, at + chunkSize))
  return { chunks, size: items.length }
}

export function at<Item>(list: Chunked<Item>, index: number): Item {
  const item = list.chunks[Math.floor(index / chunkSize)]?.[index % chunkSize]
  if (item === undefined) throw new RangeError(`no item ${index} in a list of ${list.size}`)
  return item
}

export function withItem<Item>(list: Chunked<Item>, index: number, item: Item): Chunked<Item> {
  const which = Math.floor(index / chunkSize)
  const chunk = [...(list.chunks[which] ?? [])]
  chunk[index % chunkSize] = item
  const chunks = [...list.chunks]
  chunks[which] = chunk
  return { ...list, chunks }
}
