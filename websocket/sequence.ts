/** Puts numbered messages in order: what was seen is dropped, what came early waits for what is missing. */

export interface Sequence<Message> {
  /** The messages that are next, in order; none when it was seen already or something before it is missing. */
  accept(message: Message): readonly Message[]
  /** The last number handed out: what to resume after. */
  readonly last: number
  /** Something before a message that came is missing. */
  readonly hasGap: boolean
}

/** `room`: how many early messages are kept; the ones beyond are asked for again by a resume. */
export function openSequence<Message extends { readonly seq: number }>(
  afterSeq: number,
  room = 64,
): Sequence<Message> {
  const early = new Map<number, Message>()
  let last = afterSeq
  let newest = afterSeq

  return {
    get last() {
      return last
    },
    get hasGap() {
      return newest > last
    },
    accept: (message) => {
      newest = Math.max(newest, message.seq)
      if (message.seq <= last) return []
      if (message.seq > last + 1) {
        if (early.size < room) early.set(message.seq, message)
        return []
      }
      const ready: Message[] = []
      for (let next: Message | undefined = message; next; next = early.get(last + 1)) {
        ready.push(next)
        last += 1
        early.delete(last)
      }
      return ready
    },
  }
}
