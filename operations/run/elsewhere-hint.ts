/** A reference that is broken because its target stands in another region or account: PostgreSQL only knows that it is not here. */
import { brokenReference } from '#engine/ddl/violation-hint.ts'
import type { TableLookup } from '#engine/plan/resource.ts'
import type { Queryable } from '#postgres/database.ts'
import type { DatabaseErrorFields } from '#postgres/database-error.ts'
import { rowPlaces } from '#postgres/statements/row-places.ts'
import type { Tenant } from '#postgres/tenant.ts'

const missing = /^Key \(([^)]*)\)=\((.*)\) is not present in table/s

/** Undefined for any other error, and for a target that there is nowhere or that cannot be looked for. */
export async function elsewhereHint(
  db: Queryable,
  tenant: Tenant,
  fields: DatabaseErrorFields,
  lookup: TableLookup,
): Promise<string | undefined> {
  const key = brokenReference(fields, lookup)
  const [, , given] = missing.exec(fields.detail ?? '') ?? []
  if (!key || given === undefined) return undefined
  const { column, columns, target, targetColumns } = key
  const parts = given.split(', ')
  const value = parts.slice(columns.length - 1).join(', ')
  const by = targetColumns.at(-1) ?? 'id'
  const sqlType = lookup.get(target)?.columns[by]?.sqlType ?? 'bigint'
  // The error that it is for is worth more than the hint.
  const places = await rowPlaces(db, tenant, { table: target, column: by, sqlType, value, columns }).catch(
    () => [],
  )
  const [found] = places
  if (!found) return undefined
  const [accountId, region] = ['account_id', 'region'].map((name) => parts[columns.indexOf(name)])
  const here = placeText(found.account_id === accountId ? undefined : accountId, region)
  const there = placeText(found.account_id === accountId ? undefined : found.account_id, found.region)
  return (
    `The row is in ${here}, and ${target} ${value} is in ${there}; a row refers to rows of its own region and account only: ` +
    `give it the place of that ${target}, or in ${column} a ${target} of ${here}.`
  )
}

const placeText = (accountId: string | undefined, region: string | null | undefined): string =>
  [region, accountId && `account ${accountId}`].filter((part) => part).join(' of ')
