/** Files that only we may read, written whole or not at all. */
import { randomUUID } from 'node:crypto'
import { open, readFile, rename, rm } from 'node:fs/promises'

/** The file's text; undefined when there is none. */
export const readText = async (path: string): Promise<string | undefined> => {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

export const writePrivateFile = async (path: string, text: string): Promise<void> => {
  const fresh = `${path}.${randomUUID()}`
  const file = await open(fresh, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  try {
    await rename(fresh, path)
  } catch (error) {
    await rm(fresh, { force: true })
    throw error
  }
}

/** The text kept in the file; made and written the first time. */
export const keepPrivateFile = async (path: string, make: () => string): Promise<string> => {
  const kept = (await readText(path))?.trim()
  if (kept) return kept
  const made = make()
  await writePrivateFile(path, `${made}\n`)
  return made
}
