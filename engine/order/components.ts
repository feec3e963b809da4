/** Strongly connected components, by Tarjan's algorithm without recursion: graphs here may be 50,000 steps deep. */

/** Components in reverse topological order: what others need comes first. */
export function components(
  keys: readonly string[],
  next: (key: string) => readonly string[],
): readonly (readonly string[])[] {
  const index = new Map<string, number>()
  const low = new Map<string, number>()
  const stack: string[] = []
  const isOnStack = new Set<string>()
  const found: string[][] = []
  const visit = (key: string) => {
    index.set(key, index.size)
    low.set(key, index.size - 1)
    stack.push(key)
    isOnStack.add(key)
    return { key, next: next(key), at: 0 }
  }
  const lower = (key: string, value: number) => low.set(key, Math.min(low.get(key) ?? value, value))

  for (const root of keys) {
    if (index.has(root)) continue
    const path = [visit(root)]
    for (let frame = path.at(-1); frame; frame = path.at(-1)) {
      const child = frame.next[frame.at++]
      if (child === undefined) {
        path.pop()
        const parent = path.at(-1)
        if (parent) lower(parent.key, low.get(frame.key) ?? 0)
        if (low.get(frame.key) === index.get(frame.key)) found.push(popComponent(stack, isOnStack, frame.key))
      } else if (!index.has(child)) {
        path.push(visit(child))
      } else if (isOnStack.has(child)) {
        lower(frame.key, index.get(child) ?? 0)
      }
    }
  }
  return found
}

function popComponent(stack: string[], isOnStack: Set<string>, root: string): string[] {
  const component: string[] = []
  for (let key = stack.pop(); key !== undefined; key = stack.pop()) {
    isOnStack.delete(key)
    component.push(key)
    if (key === root) break
  }
  return component
}
