/** Topic `schema`: modules that come and go, and what a tenant changes in its own schema. */
import type { JsonObject } from '#engine/model/json.ts'
import type { Module } from '#modules/kit/index.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { Ports } from '../ports.ts'
import type { SchemaCommand } from '../statement/schema-command.ts'
import { type StoredNews, storeNews, type TopicNews } from './publish.ts'

export const moduleNews = (kind: 'installed' | 'uninstalled', modules: readonly Module[]): TopicNews => ({
  topic: 'schema',
  events: modules.map(({ name, version, tables }) => ({
    kind,
    body: { module: name, version, tables: tables.map((table) => table.name) },
  })),
})

export interface SchemaChange {
  readonly runId: string
  readonly actor: string
  /** Of one transaction. */
  readonly commands: readonly SchemaCommand[]
}

/** Of a transaction that is committed already: that the news cannot be stored does not undo it. */
export async function storeSchemaChange(
  ports: Ports,
  tenant: Tenant,
  { runId, actor, commands }: SchemaChange,
): Promise<StoredNews> {
  if (commands.length === 0) return []
  const body: JsonObject = { runId, actor, commands: commands.map((command) => ({ ...command })) }
  try {
    return await storeNews(ports.platform, tenant, { topic: 'schema', events: [{ kind: 'changed', body }] })
  } catch (error) {
    ports.log('error', 'a change of a schema could not be published', { runId, error })
    return []
  }
}
