/** One lasting connection over many sockets: opens, keeps alive, notices a dead one, opens the next. */
import { backoffMs } from './backoff.ts'
import { ClientError, isFinal } from './client-error.ts'
import { askHealth, type DoorOptions, openSocket, whyNot } from './open-socket.ts'

export interface LinkOptions extends DoorOptions {
  /** How long to try to open the first socket, milliseconds; 0 is one try. */
  readonly connectMs: number
  /** How long to try to come back after a loss, milliseconds. */
  readonly reconnectMs: number
  /** Silence after which a ping is sent, milliseconds. */
  readonly pingMs: number
}
export interface LinkEvents {
  /** A socket is open: the first, or one after a loss. What was sent before may be lost. */
  opened(): void
  received(text: string): void
  /** The database has to wake up before a socket opens. Said once in a while without one. */
  waking(): void
  /** The end: not to be reached in the time given. */
  failed(error: ClientError): void
}

export interface Link {
  /** Sends if a socket is open; else the text is dropped, since `opened` sends what matters. */
  send(text: string): void
  /** The server has said that it ends the session: a ticket may open another, the same token does not. */
  signedOut(error: ClientError): void
  close(): void
}

const handshakeMs = 30_000
const pongMs = 10_000
/** Attempts that fail before the server is asked why. */
const askAtAttempt = 2
/** A socket that takes longer to open may be waiting for a database that wakes up. */
const slowMs = 2_000
/** One that is refused after so long has waited for that: whoever is refused for another reason hears it at once. */
const heldMs = 10_000
/** The longest that a database takes to wake up, with time to spare. */
const wakingMs = 120_000
/** Between two tries while it does. */
const wakingPauseMs = 3_000

export class SocketLink implements Link {
  readonly #options: LinkOptions
  readonly #events: LinkEvents
  #socket: WebSocket | undefined
  #isOpen = false
  #hasBeenOpen = false
  /** Why the last socket was closed, or none could be opened. */
  #refusal: ClientError | undefined
  #isClosed = false
  #heardAt = 0
  #lostAt = Date.now()
  #attempt = 0
  #retryTimer: ReturnType<typeof setTimeout> | undefined
  #watchdog: ReturnType<typeof setTimeout> | undefined
  #slowTimer: ReturnType<typeof setTimeout> | undefined
  /** The server has said so while the latest socket did not open. */
  #isWaking = false
  #isToldOfWaking = false
  #triedAt = 0

  constructor(options: LinkOptions, events: LinkEvents) {
    this.#options = options
    this.#events = events
    this.#tryOpen()
  }

  send(text: string): void {
    if (this.#isOpen) this.#socket?.send(text)
  }

  signedOut(error: ClientError): void {
    if (!this.#options.ticket) this.#refusal = error
  }

  close(): void {
    this.#isClosed = true
    this.#isOpen = false
    clearTimeout(this.#retryTimer)
    clearTimeout(this.#watchdog)
    clearTimeout(this.#slowTimer)
    this.#release()
  }

  #tryOpen(): void {
    this.#watch(handshakeMs, () => this.#lost())
    this.#refusal = undefined
    this.#isWaking = false
    this.#triedAt = Date.now()
    this.#slowTimer = setTimeout(() => void this.#askWaking(), slowMs)
    openSocket(this.#options, (socket) => this.#attach(socket)).catch((error: unknown) => {
      if (error instanceof ClientError) this.#refusal = error
      this.#lost()
    })
  }

  #attach(socket: WebSocket): void {
    this.#socket = socket
    if (this.#isClosed) {
      this.#release()
      return
    }
    socket.onopen = () => this.#opened()
    socket.onmessage = (event: MessageEvent<unknown>) => {
      this.#heardAt = Date.now()
      if (typeof event.data === 'string') this.#events.received(event.data)
    }
    socket.onclose = () => this.#lost()
  }

  #opened(): void {
    clearTimeout(this.#slowTimer)
    this.#isOpen = true
    this.#hasBeenOpen = true
    this.#isToldOfWaking = false
    this.#heardAt = Date.now()
    this.#watch(this.#options.pingMs, () => this.#keepAlive())
    this.#events.opened()
  }

  #lost(): void {
    if (this.#isClosed) return
    clearTimeout(this.#watchdog)
    clearTimeout(this.#slowTimer)
    if (this.#isOpen) {
      this.#lostAt = Date.now()
      this.#attempt = 0
    }
    const wasOpen = this.#isOpen
    this.#isOpen = false
    this.#release()
    const { connectMs, reconnectMs } = this.#options
    const leftMs = (this.#hasBeenOpen ? reconnectMs : connectMs) - (Date.now() - this.#lostAt)
    if (this.#refusal?.answer && isFinal(this.#refusal.answer)) void this.#giveUp()
    else if (leftMs <= 0) void this.#giveUpUnlessWaking()
    else {
      if (!wasOpen && this.#attempt === askAtAttempt) void this.#askWhy()
      const waitMs = Math.min(leftMs, backoffMs(this.#attempt))
      this.#attempt += 1
      this.#retryTimer = setTimeout(() => this.#tryOpen(), waitMs)
    }
  }

  /** It may be awake by now and have been too late for the socket, so whoever was told of it tries once more. */
  async #giveUpUnlessWaking(): Promise<void> {
    const mayWake = Date.now() - this.#lostAt < wakingMs
    const isToTry = mayWake && (this.#isWaking || (await this.#askWaking()))
    if (this.#isClosed) return
    if (isToTry) this.#retryTimer = setTimeout(() => this.#tryOpen(), wakingPauseMs)
    else await this.#giveUp()
  }

  async #askWaking(): Promise<boolean> {
    const heldFor = Date.now() - this.#triedAt
    const health = await askHealth(this.#options)
    const isAsleep = health === 'waking' || (health === 'unknown' && heldFor >= heldMs)
    if (!isAsleep || this.#isOpen || this.#isClosed) return false
    this.#isWaking = true
    if (!this.#isToldOfWaking) this.#events.waking()
    this.#isToldOfWaking = true
    return true
  }

  async #giveUp(): Promise<void> {
    this.close()
    this.#events.failed(this.#refusal ?? (await whyNot(this.#options)))
  }

  /** Knocking again and again with what is no good would count as guessing, so the server is asked once in between. */
  async #askWhy(): Promise<void> {
    const error = await whyNot(this.#options)
    if (this.#isOpen || this.#isClosed || !error.answer || !isFinal(error.answer)) return
    this.#refusal = error
    void this.#giveUp()
  }

  /** A dead network closes nothing: only an answer that does not come shows it. */
  #keepAlive(): void {
    const { pingMs } = this.#options
    const silentMs = Date.now() - this.#heardAt
    if (silentMs < pingMs) this.#watch(pingMs - silentMs, () => this.#keepAlive())
    else {
      const askedAt = this.#heardAt
      this.send('{"action":"ping"}')
      this.#watch(Math.min(pingMs, pongMs), () =>
        this.#heardAt === askedAt ? this.#lost() : this.#keepAlive(),
      )
    }
  }

  #watch(ms: number, work: () => void): void {
    clearTimeout(this.#watchdog)
    this.#watchdog = setTimeout(work, ms)
  }

  #release(): void {
    const socket = this.#socket
    if (!socket) return
    this.#socket = undefined
    socket.onopen = null
    socket.onmessage = null
    socket.onclose = null
    socket.close()
  }
}
