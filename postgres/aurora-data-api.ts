/** The Data API of Aurora: the port over the AWS SDK. */
import { setTimeout as delay } from 'node:timers/promises'
import {
  BeginTransactionCommand,
  CommitTransactionCommand,
  ExecuteStatementCommand,
  type ExecuteStatementCommandOutput,
  RDSDataClient,
  type RDSDataClientConfig,
  RollbackTransactionCommand,
  type Field as SdkField,
} from '@aws-sdk/client-rds-data'
import { auroraFailure, isPutOff, isResuming } from './aurora-failure.ts'
import {
  type ColumnMetadata,
  type DataApi,
  DataApiError,
  type ExecuteRequest,
  type ExecuteResult,
  type Field,
  type Login,
} from './data-api.ts'
import { checkRequestSize } from './request-size.ts'

export interface AuroraOptions {
  /** ARN of the cluster. */
  readonly resourceArn: string
  readonly client?: RDSDataClientConfig
  /** How long a database that scaled to zero may take to come back, milliseconds. */
  readonly resumeMs?: number
  /** Told each time that a call has to wait because the database wakes up. */
  readonly onResuming?: () => void
  /** How long an answer may take, milliseconds: by default longer than the service lets a statement run. */
  readonly answerMs?: number
}

/** The SDK repeats nothing by itself: a call without an answer may have been executed. */
const clientDefaults = (answerMs: number): RDSDataClientConfig => ({
  maxAttempts: 1,
  // Unless told to throw, the SDK only warns, and whoever waits for a lost answer waits for ever.
  requestHandler: { connectionTimeout: 5_000, requestTimeout: answerMs, throwOnRequestTimeout: true },
})

class AuroraDataApi implements DataApi {
  readonly #client: RDSDataClient
  readonly #resourceArn: string
  readonly #resumeMs: number
  readonly #onResuming: () => void

  constructor({
    resourceArn,
    client = {},
    resumeMs = 60_000,
    answerMs = 60_000,
    onResuming = () => {},
  }: AuroraOptions) {
    this.#client = new RDSDataClient({ ...clientDefaults(answerMs), ...client })
    this.#resourceArn = resourceArn
    this.#resumeMs = resumeMs
    this.#onResuming = onResuming
  }

  async execute(request: ExecuteRequest): Promise<ExecuteResult> {
    checkRequestSize(request)
    const { login, sql, parameters = [], transactionId, includeResultMetadata = false } = request
    const command = new ExecuteStatementCommand({
      ...this.#at(login),
      sql,
      includeResultMetadata,
      parameters: parameters.map(({ name, value, typeHint }) => ({
        name,
        value: value as SdkField,
        ...(typeHint ? { typeHint } : {}),
      })),
      ...(transactionId === undefined ? {} : { transactionId }),
    })
    return resultOf(await this.#call(() => this.#client.send(command)), includeResultMetadata)
  }

  async begin(login: Login): Promise<string> {
    const command = new BeginTransactionCommand(this.#at(login))
    const { transactionId } = await this.#call(() => this.#client.send(command))
    if (!transactionId) throw new DataApiError('unavailable', 'The service began no transaction')
    return transactionId
  }

  async commit({ secret }: Login, transactionId: string): Promise<void> {
    const end = { resourceArn: this.#resourceArn, secretArn: secret, transactionId }
    await this.#call(() => this.#client.send(new CommitTransactionCommand(end)))
  }

  async rollback({ secret }: Login, transactionId: string): Promise<void> {
    const end = { resourceArn: this.#resourceArn, secretArn: secret, transactionId }
    await this.#call(() => this.#client.send(new RollbackTransactionCommand(end)))
  }

  #at({ secret, database }: Login) {
    return { resourceArn: this.#resourceArn, secretArn: secret, database }
  }

  async #call<Result>(send: () => Promise<Result>): Promise<Result> {
    const until = Date.now() + this.#resumeMs
    for (let waitMs = 250; ; waitMs = Math.min(waitMs * 2, 5_000)) {
      try {
        return await send()
      } catch (error) {
        if (!isPutOff(error) || Date.now() + waitMs > until) throw auroraFailure(error)
        if (isResuming(error)) this.#onResuming()
        // Those that were limited together do not all come back together.
        await delay(waitMs * (0.5 + Math.random() / 2))
      }
    }
  }
}

const fieldOf = (field: SdkField): Field => {
  if (field.arrayValue === undefined) return field as Field
  throw new DataApiError('unsupported-result', 'The result contains an array; cast it to text or JSON.')
}

/** The service names a column that numbers itself by the pseudo-type of its declaration. */
const declaredTypes: Readonly<Record<string, string>> = {
  smallserial: 'int2',
  serial: 'int4',
  bigserial: 'int8',
}

const resultOf = (output: ExecuteStatementCommandOutput, withColumns: boolean): ExecuteResult => {
  const records = (output.records ?? []).map((record) => record.map(fieldOf))
  const numberOfRecordsUpdated = output.numberOfRecordsUpdated ?? 0
  if (!withColumns) return { records, numberOfRecordsUpdated }
  const columns = (output.columnMetadata ?? []).map(
    ({ label, name, typeName = 'unknown' }): ColumnMetadata => ({
      name: label ?? name ?? '',
      typeName: declaredTypes[typeName] ?? typeName,
    }),
  )
  return { records, numberOfRecordsUpdated, columns }
}

/** @example const dataApi = auroraDataApi({ resourceArn: process.env.IASQL_CLUSTER_ARN }) */
export const auroraDataApi = (options: AuroraOptions): DataApi => new AuroraDataApi(options)
