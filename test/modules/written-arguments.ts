/** What sources write into the input of each SDK command: the names of its members, read from the syntax alone. */
import {
  everythingIn,
  expressionsOf,
  isFunction,
  isSyntax,
  readSources,
  returnedBy,
  type Scope,
  type Syntax,
  wordOf,
} from './syntax.ts'

/** Names of members and what is below each; `whole`: a value that is passed on as it is, whatever is in it. */
export type Written = 'whole' | { readonly [member: string]: Written }

function union(all: readonly Written[]): Written {
  const spelled = all.filter((one) => one !== 'whole')
  if (spelled.length < all.length) return 'whole'
  const names = new Set(spelled.flatMap((one) => Object.keys(one)))
  return Object.fromEntries(
    [...names].map((name) => [name, union(spelled.flatMap((one) => one[name] ?? []))]),
  )
}

/** Around a value, with the part that holds it. */
const wrappers: Readonly<Record<string, string>> = {
  ParenthesisExpression: 'expression',
  TsAsExpression: 'expression',
  TsSatisfiesExpression: 'expression',
  TsConstAssertion: 'expression',
  TsNonNullExpression: 'expression',
  AwaitExpression: 'argument',
  OptionalChainingExpression: 'base',
}

/** What a value writes; where that cannot be read, the value is passed on whole. */
function writtenBy(value: Syntax, scope: Scope, above: readonly Syntax[] = []): Written {
  if (above.includes(value)) return {}
  const below = (part: unknown): Written => (isSyntax(part) ? writtenBy(part, scope, [...above, value]) : {})
  const wrapped = wrappers[value.type]
  if (wrapped) return below(value[wrapped])
  if (isFunction(value)) return union(returnedBy(value).map(below))
  switch (value.type) {
    case 'ObjectExpression':
      return union((value.properties as Syntax[]).map((one) => writtenByProperty(one, scope, below)))
    case 'ArrayExpression':
      return union(expressionsOf(value.elements).map(below))
    case 'ConditionalExpression':
      return union([below(value.consequent), below(value.alternate)])
    case 'BinaryExpression':
      return value.operator === '&&' ? below(value.right) : union([below(value.left), below(value.right)])
    case 'CallExpression':
      return writtenByCall(value, scope, below)
    case 'Identifier': {
      const declared = scope(value)
      if (value.value === 'undefined') return {}
      return declared.length > 0 ? union(declared.map(below)) : 'whole'
    }
    default:
      return value.type === 'NullLiteral' ? {} : 'whole'
  }
}

/** What is spread and cannot be read counts for nothing. */
function writtenByProperty(property: Syntax, scope: Scope, below: (part: unknown) => Written): Written {
  if (property.type === 'Identifier') return { [wordOf(property)]: below(property) }
  if (property.type === 'SpreadElement') {
    const spread = below(property.arguments)
    return spread === 'whole' ? {} : spread
  }
  const { key, value } = property
  if (property.type !== 'KeyValueProperty' || !isSyntax(key)) return {}
  const names = key.type === 'Computed' ? textsIn(key.expression, scope) : [wordOf(key)]
  const written = below(value)
  return Object.fromEntries([...names].map((name) => [name, written]))
}

/** Of a function by its name, and of what that is given by another; else of functions that are given, as to `map`. */
function writtenByCall(call: Syntax, scope: Scope, below: (part: unknown) => Written): Written {
  const given = expressionsOf(call.arguments)
  const callee = call.callee as Syntax
  if (wordOf(callee.object) === 'Object' && wordOf(callee.property) === 'fromEntries') {
    const names = [...textsIn(given, scope)]
    return names.length > 0 ? Object.fromEntries(names.map((name) => [name, 'whole'])) : 'whole'
  }
  const called = callee.type === 'Identifier' ? scope(callee) : []
  const mapped = given.filter((one) => isFunction(one) || scope(one).some(isFunction))
  const handed = called.length > 0 ? given.filter(({ type }) => type === 'CallExpression') : []
  const found = [...called, ...mapped, ...handed].map(below).filter((one) => one !== 'whole')
  return found.length > 0 ? union(found) : 'whole'
}

/** Every text that an expression may come to: in it, and in what it goes by. */
function textsIn(value: unknown, scope: Scope, seen = new Set<Syntax>()): ReadonlySet<string> {
  const found = [...everythingIn(value)].flatMap((part): readonly string[] => {
    if (seen.has(part)) return []
    seen.add(part)
    if (part.type === 'StringLiteral') return [wordOf(part)]
    return part.type === 'Identifier' ? [...textsIn(scope(part, 'parts'), scope, seen)] : []
  })
  return new Set(found)
}

/** `api.send(CreateQueueCommand, { … })`, `api.pages(…)`. */
function callsIn(syntax: Syntax, scope: Scope): readonly (readonly [string, Written])[] {
  const { callee } = syntax
  if (!isSyntax(callee) || callee.type !== 'MemberExpression') return []
  if (!['send', 'pages'].includes(wordOf(callee.property))) return []
  const [command, input] = expressionsOf(syntax.arguments)
  return [...everythingIn(command)].flatMap((part) => {
    const operation = part.type === 'Identifier' && /^(\w+)Command$/.exec(wordOf(part))?.[1]
    return operation && input ? [[operation, writtenBy(input, scope)] as const] : []
  })
}

/** By operation, what all calls of the sources together write into its input. */
export function argumentsWritten(texts: readonly string[]): ReadonlyMap<string, Written> {
  const { all, scope } = readSources(texts)
  const calls = all.flatMap((syntax) => callsIn(syntax, scope))
  const byOperation = Map.groupBy(calls, ([operation]) => operation)
  return new Map([...byOperation].map(([name, each]) => [name, union(each.map(([, written]) => written))]))
}
