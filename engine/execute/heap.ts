/** A leftist heap without mutation: the reducer's queues share structure from one state to the next. */
export interface Heap<Item> {
  readonly item: Item
  /** Lower comes first. */
  readonly rank: number
  readonly depth: number
  readonly left: Heap<Item> | null
  readonly right: Heap<Item> | null
}

export function merge<Item>(a: Heap<Item> | null, b: Heap<Item> | null): Heap<Item> | null {
  if (!a || !b) return a ?? b
  const [first, second] = a.rank <= b.rank ? [a, b] : [b, a]
  const right = merge(first.right, second)
  const isLeftist = (first.left?.depth ?? 0) >= (right?.depth ?? 0)
  const [deep, shallow] = isLeftist ? [first.left, right] : [right, first.left]
  return { ...first, left: deep, right: shallow, depth: (shallow?.depth ?? 0) + 1 }
}

export const push = <Item>(heap: Heap<Item> | null, rank: number, item: Item): Heap<Item> | null =>
  merge(heap, { item, rank, depth: 1, left: null, right: null })

export const pop = <Item>(heap: Heap<Item>): Heap<Item> | null => merge(heap.left, heap.right)
