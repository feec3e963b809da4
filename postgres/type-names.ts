/** Names of PostgreSQL types by object id, asked for once. */
import type { PoolClient } from 'pg'

export class TypeNames {
  readonly #names = new Map<number, string>()

  /** Types of one database's own (domains, enums) are asked for again in each: ids may differ. */
  async of(client: PoolClient, oids: readonly number[]): Promise<readonly string[]> {
    const known = (oid: number) => this.#names.get(oid)
    const missing = [...new Set(oids.filter((oid) => known(oid) === undefined))]
    const found = new Map<number, string>()
    if (missing.length > 0) {
      const { rows } = await client.query<{ oid: string; typname: string }>(
        'SELECT oid::text, typname::text FROM pg_catalog.pg_type WHERE oid = ANY($1::oid[])',
        [missing],
      )
      for (const { oid, typname } of rows) this.#remember(found, Number(oid), typname)
    }
    return oids.map((oid) => known(oid) ?? found.get(oid) ?? 'unknown')
  }

  /** Ids below 10,000 are PostgreSQL's own and the same everywhere. */
  #remember(found: Map<number, string>, oid: number, name: string): void {
    ;(oid < 10_000 ? this.#names : found).set(oid, name)
  }
}
