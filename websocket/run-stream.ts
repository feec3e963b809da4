/** One run as its reader sees it: every message once and in order, whatever the sockets in between did. */
import { backoffMs } from './backoff.ts'
import { ClientError } from './client-error.ts'
import { type JoinedMessage, rowJoiner } from './join-rows.ts'
import { type MessageQueue, openQueue } from './message-queue.ts'
import type { ClientMessage, RefusalMessage, RunMessage } from './messages.ts'
import { openSequence, type Sequence } from './sequence.ts'

/** Messages until `done`. Leaving the loop early leaves the run going on the server. */
export interface RunStream extends AsyncIterable<JoinedMessage> {
  readonly runId: string
  /** Cancels the statement that runs and those after it; the stream still ends with `done`. */
  cancel(): void
}

export interface RunInbox {
  readonly stream: RunStream
  /** `size`: length of the message's text. */
  receive(message: RunMessage, size: number): void
  refused(message: RefusalMessage): void
  /** Asks for all that is not yet seen: after a new socket. */
  begin(): void
  /** The gateway could not hand a message over: asks again a little later. */
  retry(): void
  /** The end, for better or (with an error) for worse. */
  end(error?: ClientError): void
}

export interface RunSettings {
  readonly runId: string
  /** What starts the run; empty to follow one that was started elsewhere. */
  readonly start: readonly ClientMessage[]
  readonly afterSeq: number
  readonly send: (message: ClientMessage) => void
  /** Called once, when no more messages are wanted. */
  readonly over: () => void
}

/** What came, with the length of its text. */
interface Arrival {
  readonly seq: number
  readonly message: RunMessage
  readonly size: number
}

/** Text queued for a slow reader above which messages are let go, and below which they are asked for again. */
const highMark = 16 * 1024 * 1024
const lowMark = 2 * 1024 * 1024
const silenceMs = 30_000
const gapMs = 250
const gapAgainMs = 3_000
const maxFailures = 8

export function openRun(settings: RunSettings): RunInbox {
  return new OpenRun(settings)
}

class OpenRun implements RunInbox {
  readonly stream: RunStream
  readonly #settings: RunSettings
  readonly #sequence: Sequence<Arrival>
  readonly #join = rowJoiner()
  readonly #queue: MessageQueue<JoinedMessage>
  #isBehind = false
  #isCancelled = false
  #failures = 0
  #joinedSize = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #isAwaitingGap = false

  constructor(settings: RunSettings) {
    this.#settings = settings
    this.#sequence = openSequence(settings.afterSeq)
    this.#queue = openQueue(
      () => this.#taken(),
      () => this.end(),
    )
    this.stream = {
      runId: settings.runId,
      cancel: () => this.#cancel(),
      [Symbol.asyncIterator]: () => this.#queue,
    }
    this.#later(silenceMs)
  }

  begin(): void {
    const { runId, start, send } = this.#settings
    const afterSeq = this.#sequence.last
    if (afterSeq === 0 && start.length > 0) for (const message of start) send(message)
    else send({ action: 'resume', runId, afterSeq })
    if (this.#isCancelled) send({ action: 'cancel', runId })
  }

  receive(message: RunMessage, size: number): void {
    this.#failures = 0
    if (this.#queue.size > highMark) {
      this.#isBehind = true
      return
    }
    for (const next of this.#sequence.accept({ seq: message.seq, message, size })) {
      this.#deliver(next)
      if (next.message.type !== 'done') continue
      this.end()
      return
    }
    const wasAwaitingGap = this.#isAwaitingGap
    this.#isAwaitingGap = this.#sequence.hasGap
    if (!this.#isAwaitingGap) this.#later(silenceMs)
    else if (!wasAwaitingGap) this.#later(gapMs)
  }

  refused({ action, error }: RefusalMessage): void {
    if (action === 'cancel') return
    // A run that is sent again is run once.
    const isAway = error.code === 'system/database-unavailable'
    if (isAway || (action === 'resume' && error.code.startsWith('system/'))) this.retry()
    else this.end(new ClientError('client/rejected', error.message, error))
  }

  retry(): void {
    this.#failures += 1
    if (this.#failures <= maxFailures) this.#later(backoffMs(this.#failures))
    else this.end(new ClientError('client/failing', 'The server fails each time it is asked; see its log.'))
  }

  end(error?: ClientError): void {
    clearTimeout(this.#timer)
    this.#queue.end(error)
    this.#settings.over()
  }

  #deliver({ message, size }: Arrival): void {
    this.#joinedSize += size
    const whole = this.#join(message)
    if (!whole) return
    this.#queue.push(whole, this.#joinedSize)
    this.#joinedSize = 0
  }

  #taken(): void {
    if (!this.#isBehind || this.#queue.size > lowMark) return
    this.#isBehind = false
    this.begin()
  }

  #cancel(): void {
    this.#isCancelled = true
    this.#settings.send({ action: 'cancel', runId: this.#settings.runId })
  }

  /** Asks again when nothing more has come by then: a message may have been lost that nothing follows. */
  #later(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      if (!this.#isBehind) this.begin()
      this.#later(this.#isAwaitingGap ? gapAgainMs : silenceMs)
    }, ms)
  }
}
