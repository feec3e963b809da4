/** Which call of a step bounds its pace: the one that makes, changes or ends the resource, by its verb. */
import type { StepKind } from '#engine/order/step.ts'

const changing = /^(Modify|Update|Set|Put|Replace|Change|Configure)/

/** AWS's verbs for each kind of step, the telling ones first: a create may also attach, a delete may also detach. */
const verbs: Readonly<Record<StepKind, readonly RegExp[]>> = {
  create: [
    /^(Create|Run|Register|Allocate|Request|Import|Subscribe|Copy)/,
    /^(Put|Add|Authorize|Associate|Attach|Enable|Accept|Publish|Set|Change)/,
  ],
  update: [changing],
  adopt: [changing],
  delete: [
    /^(Delete|Terminate|Release|Deregister|Revoke|Schedule.*Deletion|Unsubscribe|Remove)/,
    /^(Disassociate|Detach|Disable|Stop|Cancel|Change)/,
  ],
  forget: [],
  companion: [],
}

const isTagging = (operation: string): boolean => /^(Un)?Tag|Tags?$/.test(operation)

/**
 * @param operations What the mapper says that it calls.
 * @example leadOperation(['DescribeVpcs', 'CreateVpc', 'DeleteVpc'], 'create') // 'CreateVpc'
 */
export function leadOperation(operations: readonly string[], kind: StepKind): string | undefined {
  for (const verb of verbs[kind]) {
    const found = operations.find((operation) => verb.test(operation) && !isTagging(operation))
    if (found) return found
  }
  return kind === 'update' || kind === 'adopt' ? operations.find(isTagging) : undefined
}
