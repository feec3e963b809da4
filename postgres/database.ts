/** Typed rows over the Data API port, for one login: what operations and statements use instead of raw fields. */
import type { Json } from '#engine/model/json.ts'
import { withAuthor } from './author.ts'
import type { ColumnMetadata, DataApi, ExecuteResult, Field, Login, Parameter } from './data-api.ts'

export type SqlValue = Json | Uint8Array | undefined

/** Named parameters (`:name` in the text). Numbers go as long or double, objects and arrays as JSON, undefined as NULL. */
export type SqlParameters = Readonly<Record<string, SqlValue>>

export interface Queryable {
  /** All rows of one statement as objects: int and float as number, json/jsonb parsed, timestamptz as ISO 8601 in UTC. */
  query<Row extends object>(sql: string, parameters?: SqlParameters): Promise<readonly Row[]>
  /** The number of rows a statement without result changed. */
  run(sql: string, parameters?: SqlParameters): Promise<number>
}

export interface Database extends Queryable {
  /** Runs `work` in one transaction: committed when it resolves, rolled back when it throws. */
  transaction<Result>(work: (transaction: Queryable) => Promise<Result>): Promise<Result>
}

const parameterOf = (name: string, value: SqlValue): Parameter => {
  if (value === null || value === undefined) return { name, value: { isNull: true } }
  if (value instanceof Uint8Array) return { name, value: { blobValue: value } }
  switch (typeof value) {
    case 'string':
      return { name, value: { stringValue: value } }
    case 'boolean':
      return { name, value: { booleanValue: value } }
    case 'number':
      return { name, value: Number.isSafeInteger(value) ? { longValue: value } : { doubleValue: value } }
    default:
      return { name, value: { stringValue: JSON.stringify(value) }, typeHint: 'JSON' }
  }
}

const parametersOf = (parameters: SqlParameters): readonly Parameter[] =>
  Object.entries(parameters).map(([name, value]) => parameterOf(name, value))

const isDocument = (typeName: string) => typeName === 'json' || typeName === 'jsonb'

const valueOfField = (field: Field, { typeName }: ColumnMetadata): unknown => {
  if ('isNull' in field) return null
  if ('stringValue' in field) {
    if (isDocument(typeName)) return JSON.parse(field.stringValue)
    if (typeName === 'timestamptz') return new Date(`${field.stringValue.replace(' ', 'T')}Z`).toISOString()
    return field.stringValue
  }
  return Object.values(field)[0]
}

const rowsOf = <Row extends object>({ columns = [], records }: ExecuteResult): readonly Row[] =>
  records.map(
    (record) =>
      Object.fromEntries(
        columns.map((column, index) => [
          column.name,
          valueOfField(record[index] ?? { isNull: true }, column),
        ]),
      ) as Row,
  )

const queryable = (dataApi: DataApi, login: Login, transactionId?: string): Queryable => {
  const where = transactionId === undefined ? { login } : { login, transactionId }
  return {
    query: async (sql, parameters = {}) =>
      rowsOf(
        await dataApi.execute({
          ...where,
          sql,
          parameters: parametersOf(withAuthor({ sql, parameters }).parameters),
          includeResultMetadata: true,
        }),
      ),
    run: async (sql, parameters = {}) =>
      (
        await dataApi.execute({
          ...where,
          sql,
          parameters: parametersOf(withAuthor({ sql, parameters }).parameters),
        })
      ).numberOfRecordsUpdated,
  }
}

/** @example const platform = databaseOver(dataApi, { secret: 'iasql/platform', database: 'local' }) */
export function databaseOver(dataApi: DataApi, login: Login): Database {
  return {
    ...queryable(dataApi, login),
    transaction: async (work) => {
      const transactionId = await dataApi.begin(login)
      let result: Awaited<ReturnType<typeof work>>
      try {
        result = await work(queryable(dataApi, login, transactionId))
      } catch (error) {
        // What failed first is what matters; a transaction that is gone was rolled back by that.
        await dataApi.rollback(login, transactionId).catch(() => undefined)
        throw error
      }
      await dataApi.commit(login, transactionId)
      return result
    },
  }
}
