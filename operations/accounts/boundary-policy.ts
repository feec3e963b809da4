/**
 * The ceiling over the role that writes and over every principal that it makes: what both of our roles may do, what the
 * account's owner adds for workloads, and nothing that would lift it.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
 */
import { type ActionGrant, plainlyRead } from '#aws/actions/actions-of.ts'
import { boundedOperations, unboundingOperations } from '#aws/actions/iam.ts'
import { refusal } from '../rpc/refusal.ts'
import {
  merged,
  type Placeholders,
  type PolicyStatement,
  policyRoom,
  sizeOf,
  statementOf,
} from './policy-statements.ts'

export interface BoundaryParts extends Placeholders {
  /** Everything that our roles are granted. */
  readonly grants: readonly ActionGrant[]
  /** Patterns of ARNs of our own roles and policies. */
  readonly own: readonly string[]
}

/** Of the statement that the rest of the room is for. */
const frame = 70

const iamAction = (operation: string): string => `iam:${operation}`

export function boundaryStatements(parts: BoundaryParts): readonly PolicyStatement[] {
  const { grants, boundary, own } = parts
  const [making, others] = partition(grants, isMaking)
  // What lies under a condition is allowed exactly where our roles have it.
  const [exact, free] = partition(merged(others), ({ when }) => when !== undefined)
  const fixed: readonly PolicyStatement[] = [
    { Sid: 'Workloads', Effect: 'Allow', Action: { Ref: 'WorkloadActions' }, Resource: '*' },
    ...exact.map(statementOf(parts)),
    ...principals(making, parts),
    {
      Sid: 'OnlyBounded',
      Effect: 'Deny',
      Action: boundedOperations.map(iamAction),
      Resource: '*',
      Condition: { StringNotEquals: { 'iam:PermissionsBoundary': { 'Fn::Sub': boundary } } },
    },
    {
      Sid: 'StayBounded',
      Effect: 'Deny',
      Action: unboundingOperations.map(iamAction),
      Resource: '*',
    },
    {
      Sid: 'NotOurselves',
      Effect: 'Deny',
      NotAction: ['iam:Get*', 'iam:List*'],
      Resource: own.map((arn) => ({ 'Fn::Sub': arn })),
    },
  ]
  const left = policyRoom - sizeOf(fixed) - frame
  const Action = shortened(actionsIn(free), left)
  const most = { Sid: 'AsIasql', Effect: 'Allow', Action, Resource: '*' } as const
  if (sizeOf([most, ...fixed]) <= policyRoom) return [most, ...fixed]
  throw refusal(
    '54000',
    'the installed modules need more actions than one permission boundary has room for',
    "Uninstall modules that nobody needs, or only read: SELECT * FROM iasql_account_role_template('read').",
  )
}

/** Changes of principals and their policies, but for what is given to services. */
const isMaking = ({ actions, when }: ActionGrant): boolean =>
  actions.every((action) => action.startsWith('iam:') && !/^iam:(Get|List)/.test(action)) &&
  (when === undefined || JSON.stringify(when).includes('iam:PermissionsBoundary'))

/** By verbs, on all that may be managed: what the others of a verb could do is refused below. */
function principals(making: readonly ActionGrant[], parts: BoundaryParts): readonly PolicyStatement[] {
  if (making.length === 0) return []
  const on = [...new Set(making.flatMap((grant) => grant.on))].sort()
  return [statementOf(parts)({ actions: shortened(actionsIn(making), 0), on })]
}

const actionsIn = (grants: readonly ActionGrant[]): readonly string[] =>
  [...new Set(grants.flatMap(({ actions }) => actions))].sort()

function partition<Item>(
  items: readonly Item[],
  isFirst: (item: Item) => boolean,
): readonly [readonly Item[], readonly Item[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))]
}

/** Reads of contents and secrets are never all reads. */
function isShortenable(verb: string): boolean {
  const [service = '', name = ''] = verb.split(':')
  return !/^(Get|Batch)$/.test(name) || plainlyRead.has(service)
}

/** As they are where there is room; otherwise those of one verb as that verb, the largest families first. */
export function shortened(actions: readonly string[], left: number): readonly string[] {
  const families = new Map<string, readonly string[]>()
  for (const action of actions) {
    const verb = /^[\w-]+:[A-Z][a-z]*/.exec(action)?.[0] ?? action
    families.set(verb, [...(families.get(verb) ?? []), action])
  }
  const largest = [...families].sort(([, one], [, other]) => other.length - one.length)
  let short = [...actions]
  for (const [verb, family] of largest) {
    if (JSON.stringify(short).length <= left) break
    if (!isShortenable(verb) || family.length < 2) continue
    short = [...short.filter((action) => !family.includes(action)), `${verb}*`]
  }
  return short.sort()
}
