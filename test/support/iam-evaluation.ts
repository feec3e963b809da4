/** What IAM makes of policies, as far as ours go: a deny wins, what nothing allows is denied. */

export interface Statement {
  readonly Sid?: string
  readonly Effect: 'Allow' | 'Deny'
  readonly Principal?: '*' | { readonly AWS: string | readonly string[] }
  readonly Action?: string | readonly string[]
  readonly NotAction?: string | readonly string[]
  readonly Resource?: string | readonly string[]
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>
}

export interface IamRequest {
  /** `iam:CreateRole` */
  readonly action: string
  readonly resource?: string
  /** Condition key → value; a key that the request does not have is absent. */
  readonly context?: Readonly<Record<string, string>>
  /** ARN of who asks, for policies of resources. */
  readonly principal?: string
}

const listOf = (value: string | readonly string[] | undefined): readonly string[] =>
  value === undefined ? [] : [value].flat()

const isLike = (pattern: string, text: string): boolean =>
  new RegExp(
    `^${pattern
      .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  ).test(text)

const operators: Readonly<Record<string, (wanted: string, given: string | undefined) => boolean>> = {
  StringEquals: (wanted, given) => given === wanted,
  StringLike: (wanted, given) => given !== undefined && isLike(wanted, given),
}

function meets(condition: Statement['Condition'], context: IamRequest['context']): boolean {
  return Object.entries(condition ?? {}).every(([operator, keys]) =>
    Object.entries(keys).every(([key, values]) => {
      const given = context?.[key]
      if (operator === 'StringNotEquals') return listOf(values).every((wanted) => given !== wanted)
      const test = operators[operator]
      if (!test) throw new Error(`the evaluation does not know ${operator}`)
      return listOf(values).some((wanted) => test(wanted, given))
    }),
  )
}

function isFor(statement: Statement, { action, resource = '*', principal, context }: IamRequest): boolean {
  const { Action, NotAction, Resource, Principal } = statement
  const isAction = NotAction
    ? !listOf(NotAction).some((pattern) => isLike(pattern, action))
    : listOf(Action).some((pattern) => isLike(pattern, action))
  const isResource = Resource === undefined || listOf(Resource).some((pattern) => isLike(pattern, resource))
  const isPrincipal =
    Principal === undefined || Principal === '*' || listOf(Principal.AWS).some((one) => names(one, principal))
  return isAction && isResource && isPrincipal && meets(statement.Condition, context)
}

/** A trust policy may name everybody, a whole account, or one role. */
function names(trusted: string, principal = ''): boolean {
  if (trusted === '*' || trusted === principal) return true
  const account = /^arn:[^:]+:iam::(\d+):root$/.exec(trusted)?.[1]
  return account !== undefined && principal.split(':')[4] === account
}

export function isAllowed(statements: readonly Statement[], request: IamRequest): boolean {
  const fitting = statements.filter((statement) => isFor(statement, request))
  return fitting.some(({ Effect }) => Effect === 'Allow') && !fitting.some(({ Effect }) => Effect === 'Deny')
}
