/** What will happen when, taken up moment by moment. */
import { type Heap, pop, push } from '#engine/execute/heap.ts'

export interface Agenda<Event> {
  add(atMs: number, event: Event): void
  /** Everything that is due at the next moment; undefined: nothing is to come. */
  next(): { readonly atMs: number; readonly events: readonly Event[] } | undefined
}

export function agenda<Event>(): Agenda<Event> {
  let heap: Heap<Event> | null = null
  const popAt = (atMs: number): readonly Event[] => {
    const events: Event[] = []
    while (heap?.rank === atMs) {
      events.push(heap.item)
      heap = pop(heap)
    }
    return events
  }
  return {
    add(atMs, event) {
      heap = push(heap, atMs, event)
    },
    next: () => (heap ? { atMs: heap.rank, events: popAt(heap.rank) } : undefined),
  }
}
