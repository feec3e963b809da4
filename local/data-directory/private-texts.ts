/** Private keys on one machine: one JSON file of mode 0600 beside the database, whose directory it is not in. */
import { IasqlError } from '#engine/model/error.ts'
import type { PrivateTexts } from '#operations/secrets/secret-keys.ts'
import { readText, writePrivateFile } from './private-file.ts'

export function openPrivateTexts(path: string): PrivateTexts {
  let writing: Promise<unknown> = Promise.resolve()
  const all = async (): Promise<Readonly<Record<string, string>>> => parse(await readText(path), path)
  const add = async (name: string, text: string): Promise<string> => {
    const texts = await all()
    const kept = texts[name]
    if (kept !== undefined) return kept
    await writePrivateFile(path, `${JSON.stringify({ ...texts, [name]: text }, null, 2)}\n`)
    return text
  }
  const remove = async (name: string): Promise<void> => {
    const { [name]: removed, ...others } = await all()
    if (removed !== undefined) await writePrivateFile(path, `${JSON.stringify(others, null, 2)}\n`)
  }
  return {
    read: async (name) => (await all())[name],
    keep: (name, text) => {
      const kept = writing.then(() => add(name, text))
      writing = kept.catch(() => undefined)
      return kept
    },
    delete: (name) => {
      const gone = writing.then(() => remove(name))
      writing = gone.catch(() => undefined)
      return gone
    },
  }
}

const parse = (text = '{}', path: string): Record<string, string> => {
  try {
    return JSON.parse(text) as Record<string, string>
  } catch {
    // The parser's message shows what it could not read, which here is a key.
    throw new IasqlError('host/not-started', `${path} does not hold JSON`, {
      hint: 'Bring the file back from a copy; without it no secret column of the database beside it can be opened.',
    })
  }
}
