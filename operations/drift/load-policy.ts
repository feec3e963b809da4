/** The tenant's drift policies, ready to be asked. */
import { type PolicyLookup, policyLookup } from '#engine/merge/drift-policy.ts'
import type { Queryable } from '#postgres/database.ts'
import { loadPolicies } from '#postgres/statements/drift-policy-load.ts'
import type { Tenant } from '#postgres/tenant.ts'

export const loadPolicy = async (db: Queryable, tenant: Tenant): Promise<PolicyLookup> =>
  policyLookup(await loadPolicies(db, tenant))
