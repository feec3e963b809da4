/** Which statements are not remembered: those that may write a secret, in whatever way they get to the table. */
import type { IasqlClient } from '#websocket/client.ts'

/** Tables with a secret column, views over them, and functions that name one of these. */
const namesSql = 'SELECT name, kind FROM iasql_secret_name'

const writes: ReadonlySet<string> = new Set([
  'insert',
  'update',
  'merge',
  'do',
  'call',
  'copy',
  'execute',
  'prepare',
])

/** Any other name is written in quotes alone. */
const isWord = /^[\p{L}_][\p{L}\p{N}_$]*$/u

/** By name in lower case: what holds secrets, or a function that works on that. */
export type SecretNames = ReadonlyMap<string, 'relation' | 'function'>

export function writesSecret(text: string, names: SecretNames): boolean {
  const lower = text.toLowerCase()
  const words = lower.match(/[\p{L}_][\p{L}\p{N}_$]*/gu) ?? []
  const quoted = [...names.keys()].filter(
    (name) => !isWord.test(name) && lower.includes(name.replaceAll('"', '""')),
  )
  const kinds = new Set([...words, ...quoted].flatMap((name) => names.get(name) ?? []))
  return kinds.has('function') || (kinds.has('relation') && words.some((word) => writes.has(word)))
}

export interface PrivateStatements {
  /** Whether what was typed may have written a secret; true too where the server cannot be asked. */
  has(text: string): Promise<boolean>
}

/** Asks the server when a text has literals, and again after what may have made another table, view or function. */
export function privateStatements(client: Pick<IasqlClient, 'run'>): PrivateStatements {
  let known: Promise<SecretNames | undefined> | undefined
  return {
    has: async (text) => {
      if (text.startsWith('\\') || !/['$]/.test(text)) return false
      if (/\b(iasql_install|create|alter)\b/i.test(text)) known = undefined
      known ??= readNames(client)
      const names = await known
      if (names === undefined) known = undefined
      return names === undefined || writesSecret(text, names)
    },
  }
}

async function readNames(client: Pick<IasqlClient, 'run'>): Promise<SecretNames | undefined> {
  const names = new Map<string, 'relation' | 'function'>()
  try {
    for await (const message of client.run(namesSql)) {
      if (message.type === 'error') return undefined
      if (message.type !== 'rows') continue
      for (const [name, kind] of message.rows)
        names.set((name ?? '').toLowerCase(), kind === 'function' ? kind : 'relation')
    }
    return names
  } catch {
    return undefined
  }
}
