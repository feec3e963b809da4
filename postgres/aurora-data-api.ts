/** The Data API of Aurora: the port over the AWS SDK, with the service's errors by their names. */
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
import {
  type DataApi,
  DataApiError,
  type DataApiFault,
  type ExecuteRequest,
  type ExecuteResult,
  type Field,
  type Login,
} from './data-api.ts'

export interface AuroraOptions {
  /** ARN of the cluster. */
  readonly resourceArn: string
  readonly client?: RDSDataClientConfig
  /** How long a database that scaled to zero may take to come back, milliseconds. */
  readonly resumeMs?: number
}

const faults: Readonly<Record<string, DataApiFault>> = {
  DatabaseErrorException: 'database-error',
  StatementTimeoutException: 'statement-timeout',
  TransactionNotFoundException: 'transaction-not-found',
  UnsupportedResultException: 'unsupported-result',
  DatabaseUnavailableException: 'unavailable',
  ServiceUnavailableError: 'unavailable',
  InternalServerErrorException: 'unavailable',
  DatabaseResumingException: 'resuming',
  BadRequestException: 'bad-request',
  ValidationException: 'bad-request',
  ForbiddenException: 'forbidden',
  AccessDeniedException: 'forbidden',
  InvalidSecretException: 'forbidden',
  SecretsErrorException: 'forbidden',
}

/** The service tells these apart only in words. */
const faultsOfMessage: readonly (readonly [RegExp, DataApiFault])[] = [
  [/still running a query/i, 'busy-transaction'],
  [/response size limit/i, 'result-too-large'],
  [/row larger than/i, 'row-too-large'],
  [/exceeds the limit of \d+ bytes/i, 'request-too-large'],
]

const networkErrors = /ECONNREFUSED|ECONNRESET|ENOTFOUND|ETIMEDOUT|EPIPE|TimeoutError/

const failure = (error: unknown): Error => {
  if (!(error instanceof Error)) return new DataApiError('unavailable', String(error), error)
  const byMessage = faultsOfMessage.find(([pattern]) => pattern.test(error.message))?.[1]
  const isNetwork = networkErrors.test(`${error.name} ${(error as NodeJS.ErrnoException).code ?? ''}`)
  const fault = byMessage ?? faults[error.name] ?? (isNetwork ? 'unavailable' : undefined)
  return fault ? new DataApiError(fault, error.message, error) : error
}

const fieldOf = (field: SdkField): Field => {
  if (field.arrayValue !== undefined) {
    throw new DataApiError('unsupported-result', 'The result contains an array; cast it to text')
  }
  return field as Field
}

class AuroraDataApi implements DataApi {
  readonly #client: RDSDataClient
  readonly #resourceArn: string
  readonly #resumeMs: number

  constructor({ resourceArn, client = {}, resumeMs = 60_000 }: AuroraOptions) {
    this.#client = new RDSDataClient(client)
    this.#resourceArn = resourceArn
    this.#resumeMs = resumeMs
  }

  async execute(request: ExecuteRequest): Promise<ExecuteResult> {
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
    return resultOf(await this.#awake(() => this.#client.send(command)), includeResultMetadata)
  }

  async begin(login: Login): Promise<string> {
    const command = new BeginTransactionCommand(this.#at(login))
    const { transactionId } = await this.#awake(() => this.#client.send(command))
    if (!transactionId) throw new DataApiError('unavailable', 'The service began no transaction')
    return transactionId
  }

  async commit({ secret }: Login, transactionId: string): Promise<void> {
    const end = { resourceArn: this.#resourceArn, secretArn: secret, transactionId }
    await this.#awake(() => this.#client.send(new CommitTransactionCommand(end)))
  }

  async rollback({ secret }: Login, transactionId: string): Promise<void> {
    const end = { resourceArn: this.#resourceArn, secretArn: secret, transactionId }
    await this.#awake(() => this.#client.send(new RollbackTransactionCommand(end)))
  }

  #at({ secret, database }: Login) {
    return { resourceArn: this.#resourceArn, secretArn: secret, database }
  }

  /** A call that the service refused because the database is waking has done nothing: it is made again. */
  async #awake<Result>(call: () => Promise<Result>): Promise<Result> {
    const until = Date.now() + this.#resumeMs
    for (let waitMs = 500; ; waitMs = Math.min(waitMs * 2, 5_000)) {
      try {
        return await call()
      } catch (error) {
        const failed = failure(error)
        const isResuming = failed instanceof DataApiError && failed.fault === 'resuming'
        if (!isResuming || Date.now() + waitMs > until) throw failed
        await delay(waitMs)
      }
    }
  }
}

const resultOf = (output: ExecuteStatementCommandOutput, withColumns: boolean): ExecuteResult => {
  const records = (output.records ?? []).map((record) => record.map(fieldOf))
  const numberOfRecordsUpdated = output.numberOfRecordsUpdated ?? 0
  if (!withColumns) return { records, numberOfRecordsUpdated }
  const columns = (output.columnMetadata ?? []).map(({ label, name, typeName }) => ({
    name: label ?? name ?? '',
    typeName: typeName ?? 'unknown',
  }))
  return { records, numberOfRecordsUpdated, columns }
}

/** @example const dataApi = auroraDataApi({ resourceArn: process.env.IASQL_CLUSTER_ARN }) */
export const auroraDataApi = (options: AuroraOptions): DataApi => new AuroraDataApi(options)
