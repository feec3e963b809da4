/** Statements of IAM policies in a CloudFormation template, from what operations need: as few as there are places. */
import type { ActionGrant } from '#aws/actions/actions-of.ts'

export interface PolicyStatement {
  readonly Sid?: string
  readonly Effect: 'Allow' | 'Deny'
  readonly Action?: unknown
  readonly NotAction?: readonly string[]
  readonly Resource: unknown
  readonly Condition?: unknown
}

/** What stands for what in resources and conditions; `boundary` is an ARN. */
export interface Placeholders {
  readonly boundary: string
}

/** Grants of one place become one, with each action once; so do those of one action that differ in whom it is for. */
export function merged(grants: readonly ActionGrant[]): readonly ActionGrant[] {
  const byPlace = grouped(grants, ({ on, when }) => [on, when]).map((group) => ({
    ...group[0],
    actions: [...new Set(group.flatMap(({ actions }) => actions))].sort(),
  }))
  return grouped(byPlace, ({ actions, on, when }) => [actions, on, when && keysOf(when)]).map(
    ([first, ...others]) => others.reduce(either, first),
  )
}

type Group = readonly [ActionGrant, ...ActionGrant[]]

function grouped(grants: readonly ActionGrant[], keyOf: (grant: ActionGrant) => unknown): readonly Group[] {
  const groups = new Map<string, Group>()
  for (const grant of grants) {
    const key = JSON.stringify(keyOf(grant))
    const known = groups.get(key)
    groups.set(key, known ? [...known, grant] : [grant])
  }
  return [...groups.values()]
}

type When = NonNullable<ActionGrant['when']>

/** Conditions on one key alone can be put together; of others none is like another. */
const keysOf = (when: When): unknown => {
  const keys = Object.entries(when).flatMap(([operator, of]) => Object.keys(of).map((key) => [operator, key]))
  return keys.length === 1 ? keys : when
}

/** Both have the same one key. */
function either(one: ActionGrant, { when: other }: ActionGrant): ActionGrant {
  if (!one.when || !other) return one
  const when = Object.fromEntries(
    Object.entries(one.when).map(([operator, of]) => [
      operator,
      Object.fromEntries(
        Object.entries(of).map(([key, values]) => [
          key,
          [...new Set([values, other[operator]?.[key] ?? []].flat())].sort(),
        ]),
      ),
    ]),
  )
  return { ...one, when }
}

export const statementOf =
  (placeholders: Placeholders) =>
  ({ actions, on, when }: ActionGrant): PolicyStatement => ({
    Effect: 'Allow',
    Action: actions,
    Resource: substituted(on, placeholders),
    ...(when ? { Condition: substituted(when, placeholders) } : {}),
  })

/** Texts with placeholders in them become substitutions that CloudFormation makes. */
export function substituted(value: unknown, placeholders: Placeholders): unknown {
  if (Array.isArray(value)) return value.map((one) => substituted(one, placeholders))
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => [name, substituted(one, placeholders)]),
    )
  if (typeof value !== 'string' || !value.includes('${')) return value
  const text = value
    .replaceAll('${Boundary}', placeholders.boundary)
    .replaceAll('${Partition}', '${AWS::Partition}')
    .replaceAll('${Account}', '${AWS::AccountId}')
    .replaceAll('${Managed}', '${ManagedNames}')
  return { 'Fn::Sub': text }
}

/** AWS's 6,144 characters of a managed policy, less those around its statements. */
export const policyRoom = 6_080

/** What stands for the longest that a parameter is likely to be given. */
const samples: Readonly<Record<string, string>> = {
  '${AWS::Partition}': 'aws-us-gov',
  '${AWS::AccountId}': '123456789012',
  '${ManagedNames}': 'infrastructure/iasql/*',
}
const listSample = ' '.repeat(400)

/** Characters, white space not counted, once CloudFormation has put everything in. */
export const sizeOf = (statements: readonly PolicyStatement[]): number =>
  JSON.stringify(statements, (_, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value
    if ('Ref' in value) return listSample
    if (!('Fn::Sub' in value)) return value
    return String(value['Fn::Sub']).replaceAll(/\$\{[\w:]+\}/g, (name) => samples[name] ?? name)
  }).length

/** Policies that each have room for their statements; a statement that is too large for one is divided. */
export function inPolicies(
  statements: readonly PolicyStatement[],
  room = policyRoom,
): readonly (readonly PolicyStatement[])[] {
  const policies: PolicyStatement[][] = []
  for (const statement of statements.flatMap((one) => divided(one, room))) {
    const last = policies.at(-1)
    if (last && sizeOf([...last, statement]) <= room) last.push(statement)
    else policies.push([statement])
  }
  return policies
}

function divided(statement: PolicyStatement, room: number): readonly PolicyStatement[] {
  const { Action } = statement
  if (sizeOf([statement]) <= room || !Array.isArray(Action) || Action.length < 2) return [statement]
  const half = Math.ceil(Action.length / 2)
  return [Action.slice(0, half), Action.slice(half)].flatMap((actions) =>
    divided({ ...statement, Action: actions }, room),
  )
}
