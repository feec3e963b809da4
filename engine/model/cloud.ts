/** The words in which mappers and the engine speak of the cloud: places, ids, references, outcomes, calls. */
import type { Json } from './json.ts'

/** Account and region of a resource; `region` is the account's home region of the service for global types. */
export interface Place {
  readonly accountId: string
  readonly region: string
}

/** What AWS knows a resource by: a tuple of named strings, for example `{ vpc_id: 'vpc-0a1' }`. */
export type CloudId = Readonly<Record<string, string>>

/** Idempotency token of one attempt to create a resource (64 hex characters at most). */
export type Token = string

/** A reference as read from the cloud: the target's qualified table and cloud id. The kit resolves it to a row id. */
export interface CloudReference {
  readonly $ref: string
  readonly id: CloudId
}
export function ref(table: string, id: CloudId): CloudReference
export function ref(table: string, id: CloudId | null | undefined): CloudReference | null
export function ref(table: string, id: CloudId | null | undefined): CloudReference | null {
  return id ? { $ref: table, id } : null
}

export const isCloudReference = (value: unknown): value is CloudReference =>
  typeof value === 'object' && value !== null && '$ref' in value

/** A row as a mapper reads it from the cloud: column values, references as CloudReference. */
export type SeenRow = Readonly<Record<string, Json | CloudReference>>

/** The result of a write. `again`: call the mapper afresh with a new `seen`, once the condition holds. */
export type Outcome =
  | { readonly kind: 'done'; readonly id: CloudId }
  | {
      readonly kind: 'waiting'
      readonly id: CloudId
      /** What is awaited, for progress messages: `the gateway to become available`. */
      readonly until: string
      readonly then: 'done' | 'again'
    }
export const done = (id: CloudId): Outcome => ({ kind: 'done', id })
export const waiting = (id: CloudId, until: string, then: 'done' | 'again' = 'done'): Outcome => ({
  kind: 'waiting',
  id,
  until,
  then,
})

/** The structural shape of an AWS SDK v3 command class. */
export interface SdkCommandClass<Input extends object, Output extends object> {
  new (
    input: Input,
  ): {
    readonly input: Input
    // biome-ignore-start lint/suspicious/noExplicitAny: the SDK's middleware stack is typed per client
    resolveMiddleware(
      stack: any,
      configuration: any,
      options: any,
    ): (...args: any[]) => Promise<{ output: Output }>
    // biome-ignore-end lint/suspicious/noExplicitAny: the SDK's middleware stack is typed per client
  }
}

/**
 * The SDK client of one service at one place, as a mapper sees it. One `send` is one AWS call: never retried, aborted by
 * the engine's signal, counted, and refused with a typed IasqlError.
 */
export interface CloudApi {
  readonly place: Place
  send<Input extends object, Output extends object>(
    command: SdkCommandClass<Input, Output>,
    input: Input,
  ): Promise<Output>
  /** All pages of a list; follows NextToken, Marker and their kin; throws when it cannot complete. */
  pages<Input extends object, Output extends object, Item>(
    command: SdkCommandClass<Input, Output>,
    input: Input,
    items: (page: Output) => readonly Item[] | undefined,
  ): AsyncIterable<Item>
  /** Runs `read` for each id with bounded concurrency; leaves out those that read as undefined. */
  each<Id, Item>(ids: readonly Id[], read: (id: Id) => Promise<Item | undefined>): Promise<readonly Item[]>
}
