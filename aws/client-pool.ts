/** Clients of the SDK: one for each service, place and identity, made when it is called first. */
import type { Place } from '#engine/model/cloud.ts'
import type { CloudProfile } from './classify-error.ts'
import type { RoleSession } from './role-sessions.ts'
import { type Sockets, sockets } from './sockets.ts'

/** Milliseconds after which a call without answer counts as of unknown outcome. */
export const callMs = 30_000
const connectionMs = 3_000
/** Of a client, to one host. */
const maxSockets = 50

interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

export interface ClientOptions {
  readonly profile: CloudProfile
  /** URL of the emulator, or of a private endpoint. */
  readonly endpoint?: string
  /** Keys or a provider of them. Absent: the SDK's own chain on AWS, dummies for the account on the emulator. */
  readonly credentials?: Credentials | (() => Promise<Credentials>)
}

export interface SdkClient {
  send(command: object, options: { readonly abortSignal: AbortSignal }): Promise<object>
  destroy(): void
  readonly config: { readonly serviceId: string }
  readonly middlewareStack: { add(middleware: Middleware, options: { step: 'build'; name: string }): void }
}

interface SdkCall {
  readonly request: { readonly headers: Record<string, string> }
}
type Middleware = (next: (call: SdkCall) => Promise<object>) => (call: SdkCall) => Promise<object>

// biome-ignore lint/suspicious/noExplicitAny: every SDK client class has its own configuration type
export type SdkClientClass = new (configuration: any) => object

/** Whose keys a call is made with. */
export interface Identity {
  /** Calls of one key at one place share a client. */
  readonly key: string
  session(): Promise<RoleSession>
}

export interface PooledClient {
  readonly sdk: SdkClient
  readonly sockets: Sockets
}

export interface ClientPool {
  clientFor(clientClass: SdkClientClass, place: Place, identity?: Identity): PooledClient
  close(): void
}

export function clientPool(options: ClientOptions): ClientPool {
  const clients = new Map<SdkClientClass, Map<string, PooledClient>>()
  return {
    clientFor(clientClass, place, identity) {
      const ofClass = clients.get(clientClass) ?? new Map<string, PooledClient>()
      const key = `${place.accountId} ${place.region} ${identity?.key ?? ''}`
      const client = ofClass.get(key) ?? {
        sdk: makeClient(clientClass, options, place, identity),
        sockets: sockets(maxSockets),
      }
      clients.set(clientClass, ofClass.set(key, client))
      return client
    },
    close() {
      for (const ofClass of clients.values()) for (const { sdk } of ofClass.values()) sdk.destroy()
      clients.clear()
    },
  }
}

function makeClient(
  clientClass: SdkClientClass,
  options: ClientOptions,
  place: Place,
  identity: Identity | undefined,
): SdkClient {
  const configuration = configurationOf(options, place)
  const keys = identity ? { credentials: identity.session } : {}
  const client = new clientClass({ ...configuration, ...keys }) as SdkClient
  if (options.profile === 'emulator' && !options.credentials) tellAccount(client, place)
  return client
}

/** The emulator knows no account by its key: without this header all accounts would be one. */
const tellAccount = ({ middlewareStack }: SdkClient, { accountId }: Place): void =>
  middlewareStack.add(
    (next) => (call) => {
      const { headers } = call.request
      headers['x-moto-account-id'] = accountId
      return next(call)
    },
    { step: 'build', name: 'account' },
  )

function configurationOf({ profile, endpoint, credentials }: ClientOptions, place: Place): object {
  const dummies = { accessKeyId: place.accountId, secretAccessKey: 'emulator' }
  const keys = credentials ?? (profile === 'emulator' ? dummies : undefined)
  return {
    region: place.region,
    // The engine owns retries: a hidden second create would be a duplicate.
    maxAttempts: 1,
    requestHandler: {
      ...{ connectionTimeout: connectionMs, requestTimeout: callMs },
      ...{ httpAgent: { maxSockets }, httpsAgent: { maxSockets } },
    },
    ...(endpoint === undefined ? {} : { endpoint }),
    // The emulator has no host for each bucket.
    ...(profile === 'emulator' ? { forcePathStyle: true } : {}),
    ...(keys === undefined ? {} : { credentials: keys }),
  }
}
