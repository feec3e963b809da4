/** The protocol iasql.v1: every message a client may send and every message it may get. JSON text, documented in docs/protocol.md. */
export const subprotocol = 'iasql.v1'

/** Bytes of UTF-8 in one message of a client; API Gateway closes the socket above 32 KiB. */
export const clientMessageBytes = 30 * 1024
/** Bytes of UTF-8 in one message to a client. */
export const serverMessageBytes = 128 * 1024
/** Bytes of SQL in one run. */
export const runBytes = 4 * 1024 * 1024

export interface RunOptions {
  /** End the run at the first failed statement; default true. */
  readonly stopOnError?: boolean
  /** Rows sent for each statement; the rest is had by `more`. Absent: all rows. */
  readonly maxRows?: number
}

export type ClientMessage =
  | { readonly action: 'run'; readonly runId: string; readonly sql: string; readonly options?: RunOptions }
  | {
      readonly action: 'part'
      readonly runId: string
      readonly index: number
      readonly count: number
      readonly text: string
      readonly options?: RunOptions
    }
  | { readonly action: 'cancel'; readonly runId: string }
  | { readonly action: 'resume'; readonly runId: string; readonly afterSeq: number }
  | { readonly action: 'more'; readonly runId: string; readonly statement: number; readonly cursor: string }
  | { readonly action: 'subscribe'; readonly topic: Topic; readonly afterSeq?: number }
  | { readonly action: 'unsubscribe'; readonly topic: Topic }
  | { readonly action: 'ping' }

export type Topic = 'executions' | 'drift' | 'schema'

export interface StatementSummary {
  /** `select`, `insert`, `create table`, …: the kind by the parser's top node. */
  readonly kind: string
  /** Range in the client's string, in UTF-16 units: `sql.slice(start, end)`. */
  readonly start: number
  readonly end: number
  /** First keyword as written, upper case. */
  readonly keyword: string
}

export interface WireError {
  /** Stable code such as `sql/syntax`; see docs/errors.md. */
  readonly code: string
  readonly sqlstate: string
  readonly message: string
  readonly detail?: string
  readonly hint?: string
  /** 1-based position in the client's text, in characters (code points) as psql counts. */
  readonly position?: number
  readonly awsRequestId?: string
}

export type RunState = 'succeeded' | 'failed' | 'cancelled' | 'interrupted'

export type RunEvent =
  | { readonly type: 'accepted'; readonly statements: readonly StatementSummary[] }
  | {
      readonly type: 'columns'
      readonly statement: number
      readonly columns: readonly { readonly name: string; readonly type: string }[]
    }
  | {
      readonly type: 'rows'
      /** Secrets that are shown this one time. */
      readonly once?: true
      readonly statement: number
      readonly rows: readonly (readonly (string | null)[])[]
    }
  | {
      /** A piece of one row that is larger than a message: `text` is a slice of the JSON of that row. */
      readonly type: 'rows'
      readonly statement: number
      readonly part: number
      readonly parts: number
      readonly text: string
    }
  | { readonly type: 'reset'; readonly statement: number }
  | {
      readonly type: 'progress'
      readonly statement: number
      readonly executionId: string
      readonly changeId: string | null
      readonly table: string | null
      readonly row: string | null
      readonly action: string
      readonly state: string
      readonly elapsedMs: number
      readonly message: string
    }
  | { readonly type: 'notice'; readonly statement: number; readonly message: string; readonly hint?: string }
  | {
      readonly type: 'complete'
      readonly statement: number
      readonly tag: string
      readonly rowCount: number
      readonly durationMs: number
      readonly truncated?: boolean
      readonly cursor?: string
    }
  | { readonly type: 'error'; readonly statement?: number; readonly error: WireError }
  | { readonly type: 'done'; readonly state: RunState }

/** A run's message: `seq` counts from 1 without gaps. */
export type RunMessage = RunEvent & { readonly runId: string; readonly seq: number }

/** The answer to `more`: rows after `cursor`; `next` is absent on the last page. A huge row comes in pieces, as in a run. */
export type PageMessage =
  | {
      readonly type: 'page'
      readonly runId: string
      readonly statement: number
      readonly cursor: string
      readonly rows: readonly (readonly (string | null)[])[]
      readonly next?: string
    }
  | {
      readonly type: 'page'
      readonly runId: string
      readonly statement: number
      readonly cursor: string
      readonly part: number
      readonly parts: number
      readonly text: string
      readonly next?: string
    }

/** A pushed event of a topic; `seq` counts from 1 without gaps for each tenant and topic. */
export interface TopicMessage {
  readonly type: 'topic'
  readonly topic: Topic
  readonly seq: number
  readonly at: string
  readonly kind: string
  readonly body: unknown
}

/**
 * The answer to `subscribe`: the events after `seq` follow. That is `afterSeq`, or the newest event when none was given, or
 * a later one when what is between is not kept any more.
 */
export interface SubscribedMessage {
  readonly type: 'subscribed'
  readonly topic: Topic
  readonly seq: number
}

/** The answer to a message that was no good: no `seq`, and what it answers as far as that could be read. */
export interface RefusalMessage {
  readonly type: 'error'
  readonly error: WireError
  readonly runId?: string
  readonly action?: ClientMessage['action']
}

/** What the service has to say before it can answer, such as that its database wakes up: no `seq`, and of no run. */
export interface ServiceNotice {
  readonly type: 'notice'
  readonly message: string
  readonly hint?: string
}

/** Of the service, or of the client itself while no socket opens. */
export const wakingNotice = {
  type: 'notice',
  message: 'waking the database',
  hint: 'It sleeps when nobody needs it, and takes about 15 seconds; nothing has to be sent again.',
} as const satisfies ServiceNotice

export type ServerMessage =
  | RunMessage
  | PageMessage
  | RefusalMessage
  | TopicMessage
  | SubscribedMessage
  | ServiceNotice
  | { readonly type: 'pong' }
