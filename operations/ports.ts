/** What operations need of the world around them; a host wires these once and every handler uses them unchanged. */
import type { CloudApi, Place } from '#engine/model/cloud.ts'
import type { Registry } from '#modules/registry.ts'
import type { DataApi } from '#postgres/data-api.ts'
import type { Database } from '#postgres/database.ts'

export interface Clock {
  now(): Date
  /** Resolves after `ms`; rejects with the signal's reason when it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

// biome-ignore lint/suspicious/noExplicitAny: every SDK client class has its own configuration type
type SdkClientClass = new (configuration: any) => object

/** Clients of the linked account's services: one CloudApi per SDK client class and place. */
export interface Cloud {
  api(client: SdkClientClass, place: Place, signal: AbortSignal): CloudApi
  /** Milliseconds for which reads of this kind of cloud lag: the table's published value on AWS, 0 on the emulator. */
  settleMs(published: number): number
  /**
   * Waits until AWS's limits allow this call; the cloud it gives makes it without waiting again. Absent where there are no
   * limits. Rejects with the signal's reason.
   */
  reserve?(call: ReservedCall, signal: AbortSignal): Promise<Cloud>
  /** For calls of steps that have begun: they wait for the limits before everybody else. Absent where there are no limits. */
  running?(): Cloud
}

export interface ReservedCall {
  readonly client: SdkClientClass
  readonly place: Place
  /** `CreateVpc` */
  readonly operation: string
  /** Of those that wait, who has the longest way to go goes first. */
  readonly priorityMs: number
}

/** Names of the deployed functions that operations start without waiting for them. */
export interface Invoker {
  runStatements(input: { readonly tenantId: string; readonly runId: string }): Promise<void>
}

/** The definitions in `statemachines/`, started by name. Starting one name + execution name twice starts once. */
export interface StateMachines {
  start(machine: 'run' | 'execution', name: string, input: object): Promise<void>
}

/** Messages to connected clients. */
export interface Connections {
  /** Posts one message (≤ 128 KiB); `gone` when the client has left. */
  post(connectionId: string, message: string): Promise<'sent' | 'gone'>
  /** Closes the connection of a client that may not speak any more. */
  disconnect?(connectionId: string): Promise<void>
}

/** Encrypts the text of runs at rest, under a key that is not in the database. */
export interface Cipher {
  encrypt(plain: string): Promise<string>
  decrypt(cipher: string): Promise<string>
}

/** The keys that secret columns are encrypted under, by name; their private halves are nowhere in the database. */
export interface SecretKeys {
  /** The public half, as pgcrypto takes it; the pair is made when it is asked for first. */
  publicKey(name: string): Promise<Uint8Array>
  /** What was encrypted under the public half. Rejects with an UnopenedMessage when it was not, or was changed since. */
  open(name: string, messages: readonly Uint8Array[]): Promise<readonly string[]>
}

export type Log = (
  level: 'error' | 'warn' | 'info' | 'debug',
  message: string,
  fields?: Readonly<Record<string, unknown>>,
) => void

export interface Ports {
  readonly dataApi: DataApi
  /** The database as the platform's own role (schemas iasql_platform and every tenant's engine tables). */
  readonly platform: Database
  readonly cloud: Cloud
  /** The modules on offer; they bring their SDK clients along, so only those who ask load them. */
  modules(): Promise<Registry>
  readonly clock: Clock
  readonly invoker: Invoker
  readonly machines: StateMachines
  readonly connections: Connections
  readonly cipher: Cipher
  readonly secretKeys: SecretKeys
  readonly log: Log
  readonly defaults: {
    /** Account of the local tenant, and the region that starts as its default. */
    readonly accountId: string
    readonly region: string
    /** How long one invocation may work before it hands over, milliseconds (900,000 less a margin on AWS). */
    readonly budgetMs: number
  }
}
