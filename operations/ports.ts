/** What operations need of the world around them; a host wires these once and every handler uses them unchanged. */
import type { IdentityOf } from '#aws/create-cloud.ts'
import type { RoleAccounts } from '#aws/role-accounts.ts'
import type { CloudApi, Place } from '#engine/model/cloud.ts'
import type { JsonObject } from '#engine/model/json.ts'
import type { Registry } from '#modules/registry.ts'
import type { DataApi } from '#postgres/data-api.ts'
import type { Database } from '#postgres/database.ts'
import type { Secrets } from '#postgres/secrets.ts'
import type { Count } from './metrics.ts'

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
  /** The same cloud with each call made as whom `identityOf` says. Absent: there are only the server's own credentials. */
  as?(identityOf: IdentityOf): Cloud
  /** Closes the clients that are its own. */
  close?(): void
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

/** Becoming the roles of linked accounts. */
export type Accounts = Omit<RoleAccounts, 'close'>

/** Names of the deployed functions that operations start without waiting for them. */
export interface Invoker {
  runStatements(input: { readonly tenantId: string; readonly runId: string }): Promise<void>
  /** Goes on with the move of a tenant. */
  moveTenant(input: { readonly tenantId: string }): Promise<void>
}

export type MachineName = 'run' | 'execution' | 'drift'

/** The definitions in `statemachines/`, started by name. Starting one name + execution name twice starts once. */
export interface StateMachines {
  start(machine: MachineName, name: string, input: object): Promise<void>
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
  /** Nobody opens what was encrypted under it again. */
  delete(name: string): Promise<void>
}

/** Who a JWT of the issuer stands for. */
export interface Person {
  readonly subject: string
  /** Only an address that the issuer has verified, in lower case. */
  readonly email?: string
  /** What clocks may be apart is in it. */
  readonly expiresAt: Date
}

/** The one issuer of JWTs by which people sign in. */
export interface Identity {
  /** @throws IasqlError `auth/refused`, `auth/expired`, or `auth/issuer` when the issuer does not answer */
  verify(jwt: string): Promise<Person>
}

export type NewsKind = 'drift found' | 'apply failed' | 'apply done'

/** For whoever listens outside of the product: an event bus on AWS, the log on one machine. */
export interface News {
  /** `detail` is less than 256 KiB of JSON. */
  publish(kind: NewsKind, detail: JsonObject): Promise<void>
}

/** A database that sleeps when nobody needs it. */
export interface Waking {
  /** Calls `told` each time that somebody has to wait because it wakes up; ends by what it gives. */
  watch(told: () => void): () => void
}

export type Log = (
  level: 'error' | 'warn' | 'info' | 'debug',
  message: string,
  fields?: Readonly<Record<string, unknown>>,
) => void

export interface Ports {
  readonly dataApi: DataApi
  /**
   * The database that the work is in, as the platform's own role: schema iasql_platform and the schemas of its tenants.
   * Until it is known whose work it is, the directory.
   */
  readonly platform: Database
  /** Given within a tenant's own database: the first one, which knows all tenants and everybody who may come in. */
  readonly directory?: Database | undefined
  /** The database of that name, as the platform's own role. */
  cellDatabase(name: string): Database
  readonly cloud: Cloud
  /** Absent where every account is reached with the server's own credentials. */
  readonly accounts?: Accounts | undefined
  /** The modules on offer; they bring their SDK clients along, so only those who ask load them. */
  modules(): Promise<Registry>
  readonly clock: Clock
  readonly invoker: Invoker
  readonly machines: StateMachines
  readonly connections: Connections
  readonly cipher: Cipher
  readonly secretKeys: SecretKeys
  /** Passwords of tenants' logins. */
  readonly secrets: Secrets
  /** Absent where no issuer is configured: people sign in by API token only. */
  readonly identity?: Identity | undefined
  readonly log: Log
  /** Absent: nobody outside listens. */
  readonly news?: News | undefined
  /** Absent where the database never sleeps. */
  readonly waking?: Waking | undefined
  /** Figures of the product, where somebody keeps them. */
  readonly count?: Count
  readonly defaults: {
    /** Account of the local tenant, and the region that starts as its default. */
    readonly accountId: string
    readonly region: string
    /** How long one invocation may work before it hands over, milliseconds (900,000 less a margin on AWS). */
    readonly budgetMs: number
  }
}
