/** The settings of a tenant: what its owner has set, or what holds for everybody. */
import { type Setting, type Settings, settings, settingText, settingValue } from '#engine/model/setting.ts'
import { noteAuthor } from '../author.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

export async function loadSettings(db: Queryable, { schema: t }: Tenant): Promise<Settings> {
  const rows = await db.query<{ name: string; value: string }>(`SELECT name, value FROM ${t}.iasql_setting`)
  const texts = new Map(rows.map(({ name, value }) => [name, value]))
  return Object.fromEntries(
    Object.entries<Setting>(settings).map(([key, setting]) => [
      key,
      settingValue(setting, texts.get(setting.name) ?? '') ?? setting.default,
    ]),
  ) as unknown as Settings
}

/** Settings that a later version has brought, or describes otherwise; what an owner has set stays. */
export async function putSettings(db: Queryable, { schema: t }: Tenant): Promise<void> {
  const rows = Object.values<Setting>(settings).map((setting) => ({
    name: setting.name,
    value: settingText(setting, setting.default),
    description: setting.description,
  }))
  await db.run(
    `INSERT INTO ${t}.iasql_setting AS s (name, value, default_value, description)
     SELECT r.name, r.value, r.value, r.description
     FROM jsonb_to_recordset(:settings::jsonb) AS r (name text, value text, description text)
     ON CONFLICT (name) DO UPDATE SET default_value = excluded.default_value, description = excluded.description,
       value = CASE WHEN s.value = s.default_value THEN excluded.value ELSE s.value END
     WHERE (s.default_value, s.description) IS DISTINCT FROM (excluded.default_value, excluded.description)`,
    { settings: JSON.stringify(rows) },
  )
}

export async function storeSetting(
  db: Queryable,
  { schema: t }: Tenant,
  setting: Setting,
  value: number,
): Promise<void> {
  await db.run(
    `UPDATE ${t}.iasql_setting s SET value = CAST(:value AS text) FROM ${noteAuthor} WHERE s.name = :name`,
    { name: setting.name, value: settingText(setting, value) },
  )
}
