/** One client of the gateway: its messages go to the function, its limits are held, its end is told. */
import type { Duplex } from 'node:stream'
import type { RawData, WebSocket } from 'ws'
import type { Log } from '#operations/ports.ts'
import { disconnectEvent, messageEvent, type Peer } from './events.ts'
import { frameMeter } from './frame-meter.ts'
import { type GatewayHandlers, invoke } from './handlers.ts'
import type { GatewayLimits } from './limits.ts'

export interface ConnectionSettings {
  readonly peer: Peer
  readonly socket: WebSocket
  readonly stream: Duplex
  /** Bytes that came along with the upgrade request. */
  readonly head: Uint8Array
  readonly handlers: GatewayHandlers
  readonly limits: GatewayLimits
  readonly log: Log
}

export class GatewayConnection {
  readonly peer: Peer
  lastActiveAt = Date.now()
  /** Resolves when the $disconnect function has been called. */
  readonly ended: Promise<void>
  readonly #settings: ConnectionSettings
  readonly #socket: WebSocket
  #inFlight = 0
  readonly #waiting: string[] = []
  #idle: NodeJS.Timeout
  readonly #age: NodeJS.Timeout

  constructor(settings: ConnectionSettings) {
    const { peer, socket, limits } = settings
    this.peer = peer
    this.#settings = settings
    this.#socket = socket
    this.#idle = setTimeout(() => this.close(1001, 'Going away'), limits.idleMs)
    this.#age = setTimeout(() => this.close(1001, 'Going away'), limits.connectionMs)
    this.ended = new Promise((resolve) => {
      socket.on('close', (code, reason) => void this.#disconnected(code, reason.toString()).then(resolve))
    })
    // `close` follows every error and carries its code.
    socket.on('error', (error) => this.#settings.log('debug', 'A socket failed.', { error: error.message }))
    socket.on('message', (data, isBinary) => this.#received(data, isBinary))
    this.#meterFrames()
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN
  }

  /** Closes politely; a client that does not answer is cut off. */
  close(code: number, reason: string): void {
    this.#socket.close(code, reason)
    setTimeout(() => this.#socket.terminate(), 2_000).unref()
  }

  /** Sends one message; waits while the client has too much untaken. `gone`: it left, or took nothing for too long. */
  async post(message: Buffer): Promise<'sent' | 'gone'> {
    if (!this.isOpen) return 'gone'
    this.#active()
    const written = new Promise<boolean>((resolve) =>
      this.#socket.send(message, { binary: false }, (error) => resolve(!error)),
    )
    const { bufferedBytes, stalledMs } = this.#settings.limits
    if (this.#socket.bufferedAmount <= bufferedBytes) return 'sent'
    const stalled = setTimeout(() => this.#socket.terminate(), stalledMs)
    const isWritten = await written
    clearTimeout(stalled)
    return isWritten ? 'sent' : 'gone'
  }

  #meterFrames(): void {
    const { stream, head, limits } = this.#settings
    const isTooLarge = frameMeter(limits.frameBytes)
    const meter = (chunk: Uint8Array): void => {
      if (!isTooLarge(chunk)) return
      stream.off('data', meter)
      this.close(1009, 'Message too big')
    }
    stream.prependListener('data', meter)
    meter(head)
  }

  #active(): void {
    this.lastActiveAt = Date.now()
    this.#idle.refresh()
  }

  #received(data: RawData, isBinary: boolean): void {
    if (!this.isOpen) return
    if (isBinary) {
      this.close(1003, 'Unsupported data')
      return
    }
    this.#active()
    this.#waiting.push(textOf(data))
    this.#handOver()
  }

  /** A paused socket still gives what it had read already: that waits here, the rest waits at the client. */
  #handOver(): void {
    const { concurrentMessages } = this.#settings.limits
    while (this.#inFlight < concurrentMessages) {
      const text = this.#waiting.shift()
      if (text === undefined) {
        this.#socket.resume()
        return
      }
      this.#inFlight += 1
      void this.#handle(text).finally(() => {
        this.#inFlight -= 1
        this.#handOver()
      })
    }
    this.#socket.pause()
  }

  async #handle(text: string): Promise<void> {
    const { handlers, limits, log } = this.#settings
    const event = messageEvent(this.peer, text)
    try {
      const { statusCode = 200 } = await invoke('on-message', handlers.message, event, limits.integrationMs)
      if (statusCode >= 500) throw new Error(`on-message answered ${statusCode}.`)
    } catch (error) {
      log('error', 'A message could not be handled.', { error, connectionId: this.peer.connectionId })
      this.#reportFailure(event.requestContext.requestId)
    }
  }

  /** The gateway's own words for a function that failed or took too long. */
  #reportFailure(requestId: string): void {
    if (!this.isOpen) return
    const { connectionId } = this.peer
    this.#socket.send(JSON.stringify({ message: 'Internal server error', connectionId, requestId }))
  }

  async #disconnected(code: number, reason: string): Promise<void> {
    clearTimeout(this.#idle)
    clearTimeout(this.#age)
    const { handlers, limits, log } = this.#settings
    const event = disconnectEvent(this.peer, code, reason)
    await invoke('on-disconnect', handlers.disconnect, event, limits.integrationMs).catch((error: unknown) =>
      log('warn', 'A disconnect could not be handled.', { error, connectionId: this.peer.connectionId }),
    )
  }
}

const textOf = (data: RawData): string =>
  Array.isArray(data) ? Buffer.concat(data).toString() : Buffer.from(data as ArrayBuffer).toString()
