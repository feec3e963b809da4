/** Tells the world outside what is committed already; that it cannot be told undoes nothing. */
import type { JsonObject } from '#engine/model/json.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { NewsKind, Ports } from '../ports.ts'

export async function publishNews(
  { news, log }: Pick<Ports, 'news' | 'log'>,
  { id: tenantId, alias: tenant }: Tenant,
  { kind, detail }: { readonly kind: NewsKind; readonly detail: JsonObject },
): Promise<void> {
  try {
    await news?.publish(kind, { tenantId, tenant, ...detail })
  } catch (error) {
    log('error', 'news could not be published', { tenantId, kind, error })
  }
}
