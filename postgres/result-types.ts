/** Names of PostgreSQL types by their ids, asked for once; those that a database made itself are asked for again. */
import type { PoolClient } from 'pg'

export interface ResultType {
  readonly name: string
  readonly isEnum: boolean
}

/** Ids below are PostgreSQL's own and the same in every database. */
const firstOwnId = 10_000

const lookUp = `SELECT oid::text, typname::text AS name, typtype::text AS kind FROM pg_catalog.pg_type
  WHERE oid OPERATOR(pg_catalog.=) ANY ($1::oid[])`

export class ResultTypes {
  readonly #known = new Map<number, ResultType>()

  async of(client: PoolClient, ids: readonly number[]): Promise<readonly ResultType[]> {
    const found = new Map<number, ResultType>()
    const missing = [...new Set(ids)].filter((id) => !this.#known.has(id))
    if (missing.length > 0) {
      const { rows } = await client.query<{ oid: string; name: string; kind: string }>(lookUp, [missing])
      for (const { oid, name, kind } of rows) {
        const id = Number(oid)
        const map = id < firstOwnId ? this.#known : found
        map.set(id, { name, isEnum: kind === 'e' })
      }
    }
    return ids.map((id) => this.#known.get(id) ?? found.get(id) ?? { name: 'unknown', isEnum: false })
  }
}
