/** What is to be made cannot point at what the cloud has lost: that is made again first. */
import { type Draft, draftCreation } from './draft-change.ts'
import { type KnownResources, keyOf, nameOf, parentOf } from './known-resources.ts'
import { referencesOf } from './references.ts'
import type { ResourceState } from './resource.ts'

/** Adds drafts for lost resources that others need, and for those which these need. */
export function recreateTargets(known: KnownResources, drafts: Map<string, Draft>): void {
  const queue = [...drafts.values()].filter(({ action }) => action === 'create')
  for (let draft = queue.pop(); draft; draft = queue.pop()) {
    const { resource } = draft
    for (const { target } of referencesOf(known, resource, 'desired')) {
      const lost = rootOf(known, known.byKey.get(target))
      if (!lost || drafts.has(keyOf(lost)) || !isLost(lost)) continue
      const recreation = draftCreation(known, lost, neededBy(known, resource))
      drafts.set(keyOf(lost), recreation)
      queue.push(recreation)
    }
  }
}

/** What AWS makes along with a parent comes back with that. */
function rootOf(known: KnownResources, target: ResourceState | undefined): ResourceState | undefined {
  let root = target
  while (root && root.companionOf !== null && root.observed === null) root = parentOf(known, root)
  return root
}

const isLost = ({ desired, base, observed, companionOf, isExternal }: ResourceState): boolean =>
  desired !== null && base !== null && observed === null && companionOf === null && !isExternal

const neededBy = (known: KnownResources, resource: ResourceState): string =>
  `gone in the cloud; ${resource.table} ${nameOf(known, resource)} needs it`
