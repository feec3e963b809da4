/** What secret columns of rows hold, as it was encrypted. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

export interface KeptSecret {
  readonly version: string
  /** Under whose public half it is encrypted. */
  readonly keyName: string
  readonly message: Uint8Array
}

/** Octets of a piece: base64 makes four thirds of them, and a row has 64 KiB. */
const pieceBytes = 36_000

/** Those of the versions that are kept. */
export async function loadSecrets(
  db: Queryable,
  { schema: t }: Tenant,
  versions: readonly string[],
): Promise<readonly KeptSecret[]> {
  const kept: KeptSecret[] = []
  for (const version of versions) {
    const pieces = await db.query<{ key_name: string; piece: string }>(
      `SELECT s.key_name, encode(substring(s.message FROM place FOR ${pieceBytes}), 'base64') AS piece
       FROM ${t}.iasql_secret s, generate_series(1, octet_length(s.message), ${pieceBytes}) AS place
       WHERE s.version = :version::bigint ORDER BY place`,
      { version },
    )
    const [first] = pieces
    if (!first) continue
    const message = Buffer.concat(pieces.map(({ piece }) => Buffer.from(piece, 'base64')))
    kept.push({ version, keyName: first.key_name, message })
  }
  return kept
}
