/** A bare WebSocket client: no library of ours, only `ws` and the messages of docs/protocol.md. */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { WebSocket } from 'ws'

export interface Message {
  readonly type: string
  readonly runId?: string
  readonly seq?: number
  readonly statement?: number
  readonly [field: string]: unknown
}

export interface StatementResult {
  statement: number
  tag?: string
  columns?: string[]
  types?: string[]
  rows: (string | null)[][]
  notices: string[]
  error?: {
    code: string
    sqlstate: string
    message: string
    hint?: string
    detail?: string
    position?: number
  }
}

export interface RunResult {
  readonly runId: string
  readonly state: string
  readonly statements: StatementResult[]
  readonly messages: Message[]
}

const apply = (result: StatementResult, message: Message): void => {
  switch (message.type) {
    case 'columns': {
      const columns = message.columns as { name: string; type: string }[]
      result.columns = columns.map((column) => column.name)
      result.types = columns.map((column) => column.type)
      break
    }
    case 'rows':
      if (message.rows) for (const row of message.rows as (string | null)[][]) result.rows.push(row)
      break
    case 'reset':
      result.rows = []
      break
    case 'notice':
      result.notices.push(message.message as string)
      break
    case 'complete':
      result.tag = message.tag as string
      break
    case 'error':
      result.error = message.error as NonNullable<StatementResult['error']>
      break
  }
}

/** Folds the messages of a run into one result a statement, as a user would read them. */
export const resultsOf = (messages: readonly Message[]): StatementResult[] => {
  const results = new Map<number, StatementResult>()
  for (const message of messages) {
    if (message.statement === undefined) continue
    const result = results.get(message.statement) ?? { statement: message.statement, rows: [], notices: [] }
    results.set(message.statement, result)
    apply(result, message)
  }
  return [...results.values()].sort((a, b) => a.statement - b.statement)
}

export class BareClient {
  readonly socket: WebSocket
  readonly messages: Message[] = []
  closeCode: number | undefined
  readonly #listeners = new Set<() => void>()

  private constructor(socket: WebSocket) {
    this.socket = socket
    socket.on('message', (data) => {
      this.messages.push(JSON.parse(String(data)) as Message)
      for (const listener of this.#listeners) listener()
    })
    socket.on('close', (code) => {
      this.closeCode = code
      for (const listener of this.#listeners) listener()
    })
    socket.on('error', () => {})
  }

  static async open(url: string, token: string | undefined): Promise<BareClient> {
    const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` }
    const client = new BareClient(new WebSocket(url, 'iasql.v1', { headers }))
    await once(client.socket, 'open')
    return client
  }

  send(message: object | string): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message))
  }

  /** Resolves with the first message, past or future, that fits. */
  async until(fits: (message: Message) => boolean, timeoutMs = 60_000): Promise<Message> {
    const { promise, resolve, reject } = Promise.withResolvers<Message>()
    const look = () => {
      const found = this.messages.find(fits)
      if (found) resolve(found)
      else if (this.closeCode !== undefined) reject(new Error(`the socket closed with ${this.closeCode}`))
    }
    const timer = setTimeout(() => {
      reject(new Error(`no such message in ${timeoutMs} ms; last: ${JSON.stringify(this.messages.at(-1))}`))
    }, timeoutMs)
    this.#listeners.add(look)
    look()
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      this.#listeners.delete(look)
    }
  }

  async closed(): Promise<number> {
    if (this.closeCode === undefined) await once(this.socket, 'close')
    return this.closeCode ?? 0
  }

  async run(sql: string, options: object = {}, runId: string = randomUUID()): Promise<RunResult> {
    this.send({ action: 'run', runId, sql, options })
    return this.finished(runId)
  }

  async finished(runId: string, timeoutMs?: number): Promise<RunResult> {
    const done = await this.until((message) => message.runId === runId && message.type === 'done', timeoutMs)
    const messages = this.messages.filter((message) => message.runId === runId)
    return { runId, state: done.state as string, statements: resultsOf(messages), messages }
  }

  close(): void {
    this.socket.close()
  }
}
