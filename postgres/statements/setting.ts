/** The settings of a tenant: what its owner has set, or what holds for everybody. */
import { type Settings, settings } from '#engine/model/setting.ts'
import { noteAuthor } from '../author.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

export async function loadSettings(db: Queryable, { schema: t }: Tenant): Promise<Settings> {
  const rows = await db.query<{ name: string; value: string }>(`SELECT name, value FROM ${t}.iasql_setting`)
  const values = new Map(rows.map(({ name, value }) => [name, Number(value)]))
  return Object.fromEntries(
    Object.entries(settings).map(([key, setting]) => [key, values.get(setting.name) ?? setting.default]),
  ) as unknown as Settings
}

export async function storeSetting(
  db: Queryable,
  { schema: t }: Tenant,
  setting: { readonly name: string; readonly value: number },
): Promise<void> {
  await db.run(
    `UPDATE ${t}.iasql_setting s SET value = CAST(:value AS text) FROM ${noteAuthor} WHERE s.name = :name`,
    { ...setting },
  )
}
