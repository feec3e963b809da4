/** Before a plan: what an open create of a kind that nothing can be looked up by has made, where its row has moved on. */
import type { CloudApi } from '#engine/model/cloud.ts'
import { describeCloudId } from '#engine/plan/natural-name.ts'
import type { ResourceType } from '#modules/kit/index.ts'
import type { OpenIntent } from '#postgres/statements/intent-open.ts'
import { noteCandidates } from '#postgres/statements/intent-siblings.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { Ports } from '../ports.ts'
import { mapperOf } from './cloud-reader.ts'
import { findUnmarked } from './find-unmarked.ts'

interface Scope {
  readonly ports: Ports
  readonly tenant: Tenant
  readonly type: ResourceType
  readonly api: CloudApi
  /** The call has ended for certain, and reads lag no more. */
  readonly isProved: boolean
  notice(message: string): void
}

/** `decide`: somebody has to, and the row's next change says so. */
export type Look =
  | { readonly kind: 'made'; readonly seen: unknown; readonly isMarked?: boolean }
  | { readonly kind: 'none' | 'later' | 'decide' }

/**
 * `isWanted`: a row is there to take it, or to decide for. Nothing is deleted because it looks as if it were ours:
 * it may be the twin that a stranger made.
 */
export async function lookForNewcomer(scope: Scope, intent: OpenIntent, isWanted: boolean): Promise<Look> {
  const { ports, tenant, type, notice } = scope
  if (!scope.isProved) return { kind: 'later' }
  const found = await findUnmarked(scope, intent)
  switch (found.kind) {
    case 'none':
      return { kind: 'none' }
    case 'early':
      return { kind: 'later' }
    case 'one': {
      if (isWanted) return { kind: 'made', seen: found.seen }
      notice(left(intent, type, [describedIn(type, found.seen)]))
      return { kind: 'none' }
    }
    case 'several':
      if (isWanted) {
        await noteCandidates(ports.platform, tenant, intent, found.ids)
        return { kind: 'decide' }
      }
      notice(left(intent, type, found.ids))
      return { kind: 'none' }
  }
}

const describedIn = (type: ResourceType, seen: unknown): string => describeCloudId(mapperOf(type).idOf(seen))

export const left = ({ row_id: rowId }: OpenIntent, { name }: ResourceType, ids: readonly string[]): string =>
  `${name} ${ids.slice(0, 5).join(', ')}${ids.length > 5 ? ', …' : ''} may have been made for row ${rowId}, which wants it no more; it is left in the cloud, and iasql_sync() makes a row of it.`
