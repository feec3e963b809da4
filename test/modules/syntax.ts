/** TypeScript sources as trees, with what they declare by which name. */
import { createRequire } from 'node:module'

export interface Syntax {
  readonly type: string
  readonly [part: string]: unknown
}

interface Parser {
  parseSync(source: string, options: { syntax: string; target: string }): { readonly body: readonly Syntax[] }
}

export const isSyntax = (value: unknown): value is Syntax =>
  typeof value === 'object' && value !== null && typeof (value as Syntax).type === 'string'

/** A tree and all that is within it. */
export function* everythingIn(value: unknown): Generator<Syntax> {
  if (typeof value !== 'object' || value === null) return
  if (isSyntax(value)) yield value
  for (const part of Object.values(value)) yield* everythingIn(part)
}

/** Of an identifier or a text. */
export const wordOf = (syntax: unknown): string => (isSyntax(syntax) ? String(syntax.value ?? '') : '')

/** What the value of an argument, an element or a property is. */
export const expressionsOf = (list: unknown): readonly Syntax[] =>
  (Array.isArray(list) ? list : []).flatMap((one: { expression?: unknown } | null) =>
    isSyntax(one?.expression) ? [one.expression] : [],
  )

const functionTypes = ['ArrowFunctionExpression', 'FunctionExpression', 'FunctionDeclaration']
export const isFunction = ({ type }: Syntax): boolean => functionTypes.includes(type)

/** What a function gives back, but not what those within it do. */
export function returnedBy({ body }: Syntax): readonly Syntax[] {
  if (isSyntax(body) && !('stmts' in body)) return [body]
  const found: Syntax[] = []
  const look = (part: unknown): void => {
    if (typeof part !== 'object' || part === null || (isSyntax(part) && isFunction(part))) return
    if (isSyntax(part) && part.type === 'ReturnStatement' && isSyntax(part.argument))
      found.push(part.argument)
    for (const one of Object.values(part)) look(one)
  }
  look(body)
  return found
}

/**
 * What an identifier stands for: what its file declares by that name, nearest before it where there are several, or what
 * the files beside it declare that it imports; `parts`: also what was taken out of a value by that name.
 */
export type Scope = (identifier: Syntax, which?: 'parts') => readonly Syntax[]

export interface Sources {
  readonly all: readonly Syntax[]
  readonly scope: Scope
}

interface Declared {
  readonly name: string
  readonly value: Syntax
  readonly isPart: boolean
}

function declaredBy({ type, ...syntax }: Syntax): readonly Declared[] {
  if (type === 'FunctionDeclaration')
    return [{ name: wordOf(syntax.identifier), value: { type, ...syntax }, isPart: false }]
  const { id, init: value } = syntax
  if (type !== 'VariableDeclarator' || !isSyntax(id) || !isSyntax(value)) return []
  if (id.type === 'Identifier') return [{ name: wordOf(id), value, isPart: false }]
  const names = [...everythingIn(id)].filter((part) => part.type === 'Identifier').map(wordOf)
  return names.map((name) => ({ name, value, isPart: true }))
}

/** Files that know each other's names. */
export function readSources(texts: readonly string[]): Sources {
  const swc = createRequire(import.meta.url)('@swc/core') as Parser
  const files = texts.map((text) => {
    const { body } = swc.parseSync(text, { syntax: 'typescript', target: 'esnext' })
    const all = [...everythingIn(body)]
    const imported = all.flatMap(({ type, local }) => (type === 'ImportSpecifier' ? [wordOf(local)] : []))
    return { all, imported, declared: Map.groupBy(all.flatMap(declaredBy), ({ name }) => name) }
  })
  const homes = new Map(files.flatMap((file) => file.all.map((syntax) => [syntax, file] as const)))
  return {
    all: files.flatMap(({ all }) => all),
    scope: (identifier, which) => {
      const name = wordOf(identifier)
      const home = homes.get(identifier)
      const found = home?.imported.includes(name)
        ? files.flatMap((file) => file.declared.get(name) ?? [])
        : nearest(home?.declared.get(name) ?? [], identifier)
      return found.filter(({ isPart }) => !isPart || which === 'parts').map(({ value }) => value)
    },
  }
}

const startOf = ({ span }: Syntax): number => (span as { readonly start: number }).start

function nearest(declared: readonly Declared[], identifier: Syntax): readonly Declared[] {
  const before = declared.filter(({ value }) => startOf(value) < startOf(identifier))
  return before.length > 0 ? before.slice(-1) : declared
}

/** Texts and names of properties. */
export const wordsIn = ({ all }: Sources): ReadonlySet<string> =>
  new Set(
    all.flatMap(({ type, value, key }) => {
      if (type === 'StringLiteral') return [String(value)]
      return type === 'KeyValueProperty' ? [wordOf(key)] : []
    }),
  )
