/** The whole product in this process, on a cluster and an emulator of its own, with a cloud that can be watched and a memory that can be lost. */

import { createHash, randomBytes } from 'node:crypto'
import { createCloud } from '#aws/create-cloud.ts'
import type { CloudApi, CloudId, SdkCommandClass } from '#engine/model/cloud.ts'
import type { FunctionSettings } from '#local/functions.ts'
import { type Foundation, type Serving, serve } from '#local/serve.ts'
import { registry } from '#modules/registry.ts'
import { aesCipher } from '#operations/aes-cipher.ts'
import type { Cloud, Identity, Log, Waking } from '#operations/ports.ts'
import type { DataApi } from '#postgres/data-api.ts'
import { databaseOver } from '#postgres/database.ts'
import { spillingDataApi } from '#postgres/spilling-data-api.ts'
import { findTenant } from '#postgres/statements/tenant-find.ts'
import { BareClient } from './bare-client.ts'
import { openTestDatabase, type TestDatabase } from './database.ts'
import { Life, never } from './life.ts'
import { startTestMoto, type TestMoto } from './moto.ts'
import { placed } from './placement.ts'
import { testSecretKeys } from './secret-keys.ts'

export interface CloudCall {
  readonly service: string
  readonly operation: string
}

export interface LiveHost {
  /** Connected to the server of the moment. */
  readonly client: BareClient
  readonly serving: Serving
  readonly token: string
  readonly calls: CloudCall[]
  readonly cloud: Cloud
  readonly database: TestDatabase
  readonly moto: TestMoto
  readonly awsConfiguration: {
    endpoint: string
    region: string
    credentials: { accessKeyId: string; secretAccessKey: string }
  }
  /** The answer of the next call that `isFatal` picks is never seen and nothing else happens: the process is as good as dead. */
  dieAfter(isFatal: (operation: string) => boolean): Promise<void>
  /** A new process on what the dead one left. */
  revive(): Promise<void>
  stop(): Promise<void>
}

export interface LiveHostOptions {
  readonly budgetMs?: number
  readonly wrapCloud?: (cloud: Cloud) => Cloud
  /** Whose JWTs people sign in with. */
  readonly identity?: Identity
  readonly functions?: FunctionSettings
  readonly wrapDataApi?: (dataApi: DataApi) => DataApi
  readonly limits?: Parameters<typeof openTestDatabase>[0]
  readonly log?: Log
  readonly waking?: Waking
}

const accountId = '123456789012'

const errorsOnly: Log = (level, message, fields) => {
  if (level === 'error') console.error(message, fields)
}

const operationOf = (command: { readonly name: string }): string => command.name.replace(/Command$/, '')

/** Counts calls, and dies after one when asked to: the call was made, its answer is lost. */
class WatchedCloud {
  fatal: { readonly isFatal: (operation: string) => boolean; readonly dead: () => void } | undefined
  readonly #cloud: Cloud
  constructor(cloud: Cloud) {
    this.#cloud = cloud
  }

  of(life: Life): Cloud {
    return life.mortal<Cloud>({
      settleMs: (published) => this.#cloud.settleMs(published),
      api: (client, place, signal) => this.#watch(this.#cloud.api(client, place, signal), life),
    })
  }

  #watch(api: CloudApi, life: Life): CloudApi {
    const send = async <Input extends object, Output extends object>(
      command: SdkCommandClass<Input, Output>,
      input: Input,
    ): Promise<Output> => {
      const output = await api.send(command, input)
      const operation = operationOf(command as unknown as { name: string })
      if (life.isOver) return never
      if (!this.fatal?.isFatal(operation)) return output
      const { dead } = this.fatal
      this.fatal = undefined
      life.isOver = true
      dead()
      return never
    }
    return { ...api, send }
  }
}

export const startLiveHost = async (options: LiveHostOptions = {}): Promise<LiveHost> => {
  const [database, moto] = await Promise.all([openTestDatabase(options.limits), startTestMoto()])
  const { wrapDataApi = (dataApi: DataApi) => dataApi, log = errorsOnly } = options
  const calls: CloudCall[] = []
  const cloud = createCloud({
    profile: 'emulator',
    endpoint: moto.endpoint,
    onCall: (call) => calls.push(call),
  })
  const watched = new WatchedCloud(options.wrapCloud?.(cloud) ?? cloud)
  const token = randomBytes(16).toString('hex')
  const key = createHash('sha256').update(token).digest()
  let life = new Life()

  const foundationOf = (current: Life): Foundation => {
    const dataApi = wrapDataApi(current.connected(database.dataApi))
    return {
      port: 0,
      token,
      dataApi,
      platform: databaseOver(spillingDataApi(dataApi), {
        secret: 'iasql/platform',
        database: database.databaseName,
      }),
      secrets: database.secrets,
      cipher: aesCipher(key),
      secretKeys: testSecretKeys(),
      identity: options.identity,
      cloud: watched.of(current),
      modules: async () => registry,
      log: (...entry) => (current.isOver ? undefined : log(...entry)),
      defaults: { accountId, region: 'us-east-1', budgetMs: options.budgetMs ?? 600_000 },
      functions: options.functions,
      waking: options.waking,
    }
  }
  let serving = await serve(foundationOf(life))
  const local = await findTenant(database.platform, { alias: 'local' })
  if (local) await placed(serving.ports, local)
  let client = await BareClient.open(serving.url, token)

  return {
    get client() {
      return client
    },
    get serving() {
      return serving
    },
    token,
    calls,
    cloud,
    database,
    moto,
    awsConfiguration: {
      endpoint: moto.endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: accountId, secretAccessKey: 'test' },
    },
    dieAfter: (isFatal) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      watched.fatal = { isFatal, dead: resolve }
      return promise
    },
    revive: async () => {
      client.socket.terminate()
      await life.bury()
      void serving.close().catch(() => {})
      life = new Life()
      serving = await serve(foundationOf(life))
      client = await BareClient.open(serving.url, token)
    },
    stop: async () => {
      client.close()
      await serving.close()
      cloud.close()
      await moto.stop()
      await database.close()
    },
  }
}

/** What AWS knows a row's resource by. */
export const cloudIdOf = async (host: LiveHost, table: string, rowId: string): Promise<CloudId> => {
  const [tenant] = await host.database.platform.query<{ schema: string }>(
    'SELECT schema_name AS schema FROM iasql_platform.tenant',
  )
  const [row] = await host.database.platform.query<{ cloud_id: CloudId }>(
    `SELECT cloud_id FROM ${tenant?.schema}.iasql_resource WHERE table_name = :table AND row_id = :id`,
    { table, id: Number(rowId) },
  )
  if (!row?.cloud_id) throw new Error(`row ${rowId} of ${table} has no resource`)
  return row.cloud_id
}
