/** The public half under which a tenant's secret columns are encrypted. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

/** Of that name, or any. */
export async function hasSecretKey(
  db: Queryable,
  { schema: t }: Tenant,
  name: string | null = null,
): Promise<boolean> {
  const [found] = await db.query<{ there: boolean }>(
    `SELECT EXISTS (SELECT FROM ${t}.iasql_secret_key WHERE key_name = :name OR CAST(:name AS text) IS NULL) AS there`,
    { name },
  )
  return found?.there === true
}

/** Nothing happens where one of that name is there already. */
export async function insertSecretKey(
  db: Queryable,
  { schema: t }: Tenant,
  { name, publicKey }: { readonly name: string; readonly publicKey: Uint8Array },
): Promise<void> {
  await db.run(
    `INSERT INTO ${t}.iasql_secret_key (key_name, public_key) VALUES (:name, decode(:key, 'base64'))
     ON CONFLICT DO NOTHING`,
    { name, key: Buffer.from(publicKey).toString('base64') },
  )
}
