/** PostgreSQL quotes what it cannot take: an error of a statement that may write a secret does not repeat its literals. */
import type { TableLookup } from '#engine/plan/resource.ts'
import { type SecretName, secretNames } from '#postgres/statements/secret-names.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { WireError } from '#websocket/messages.ts'
import type { Ports } from '../ports.ts'
import { literalsOf } from '../statement/literals.ts'
import type { Statement } from '../statement/split-statements.ts'
import { hideIn } from './hide-secrets.ts'
import { namingText, secretLiterals } from './secret-literals.ts'

/** Characters. Shorter ones are in too many words. */
const fewest = 6
/** Any other name is written in quotes alone. */
const isWord = /^[\p{L}_][\p{L}\p{N}_$]*$/u
/** The class of errors about values: PostgreSQL quotes them. */
const dataExceptions = '22'
/** It stands for a secret and is none. */
const isMarker = /^secret:\d+$/

export async function hideLiterals(
  { platform }: Pick<Ports, 'platform'>,
  tenant: Tenant,
  error: WireError,
  { node, text, lookup }: Pick<Statement, 'node' | 'text'> & { readonly lookup: TableLookup },
): Promise<WireError> {
  // Without an answer it may be such a statement.
  const names = await secretNames(platform, tenant).catch(() => undefined)
  if (names && !isNamed(namingText(node, text), names)) return error
  const mayBeSecret = (literal: string) => literal.length >= fewest && !isMarker.test(literal)
  // Of a value that its column cannot take, the column may be the wrong one.
  const isMisplaced = error.sqlstate.startsWith(dataExceptions)
  const given = (isMisplaced ? undefined : secretLiterals(node, lookup)) ?? literalsOf(text)
  const literals = [...new Set(given.filter(mayBeSecret))]
  const pieces = new Set(literals.flatMap((literal) => literal.match(/[\p{L}\p{N}_]{6,}/gu) ?? []))
  const hide = (shown: string): string =>
    hideIn(
      shown,
      literals.filter((literal) => literal.length <= shown.length || literal.startsWith('{')),
    ).replace(/"([^"]*)"/g, (quoted, inner: string) => (pieces.has(inner) ? '"…"' : quoted))
  const { message, detail, hint } = error
  return {
    ...error,
    message: hide(message),
    ...(detail === undefined ? {} : { detail: hide(detail) }),
    ...(hint === undefined ? {} : { hint: hide(hint) }),
  }
}

export function isNamed(text: string, names: readonly SecretName[]): boolean {
  if (names.length === 0) return false
  const lower = text.toLowerCase()
  const words = new Set(lower.match(/[\p{L}_][\p{L}\p{N}_$]*/gu))
  return names.some(({ name }) => {
    const sought = name.toLowerCase()
    return words.has(sought) || (!isWord.test(sought) && lower.includes(sought.replaceAll('"', '""')))
  })
}
