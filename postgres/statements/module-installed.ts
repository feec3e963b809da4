/** What is installed in a tenant, and who depends on whom. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

export interface InstalledModule {
  readonly name: string
  readonly version: string
}

export async function installedModules(db: Queryable, tenant: Tenant): Promise<readonly InstalledModule[]> {
  return await db.query<InstalledModule>(
    `SELECT name, version FROM ${tenant.schema}.iasql_module ORDER BY installed_at, name`,
  )
}

/** Installed modules that need one of the named ones and are not named themselves. */
export async function dependentModules(
  db: Queryable,
  tenant: Tenant,
  names: readonly string[],
): Promise<readonly { readonly module: string; readonly dependency: string }[]> {
  return await db.query(
    `SELECT module, dependency FROM ${tenant.schema}.iasql_dependencies
     WHERE dependency IN (SELECT value FROM jsonb_array_elements_text(:names::jsonb))
       AND module NOT IN (SELECT value FROM jsonb_array_elements_text(:names::jsonb)) ORDER BY module`,
    { names: JSON.stringify(names) },
  )
}
